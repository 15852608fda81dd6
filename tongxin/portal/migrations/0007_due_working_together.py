from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0006_due_documents"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dueitem",
            name="source",
            field=models.CharField(choices=[('meetings', '组织生活'), ('affairs', '党务'), ('secretaries', '书记队伍'), ('report', '双报到'), ('units', '组织'), ('standards', '标准化建设'), ('visits', '巡查走访'), ('findings', '问题整改'), ('documents', '公文'), ('conferences', '联席会议'), ('alliances', '党建联盟'), ('projects', '重点任务'), ('renovation', '挂图作战'), ('funds', '资金专账'), ('places', '党群阵地'), ('economy', '集体经济'), ('library', '案例与学习'), ('taking_part', '议事与表决')], max_length=12),
        ),
    ]
