from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0022_keys_of_people")]
    operations = [
        migrations.AlterField(
            model_name="logentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("unit", "组织变动"),
                    ("people", "党员队伍"),
                    ("meeting", "组织生活"),
                    ("study", "学习教育"),
                    ("election", "换届选举"),
                    ("development", "发展党员"),
                    ("dues", "党费收缴"),
                    ("disclosure", "党务公开"),
                    ("service", "双报到服务"),
                    ("cadre", "干部下沉"),
                    ("village", "驻村帮扶"),
                    ("assessment", "考核评议"),
                    ("honour", "表彰荣誉"),
                ],
                max_length=12,
                verbose_name="类别",
            ),
        ),
    ]
