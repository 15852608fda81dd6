"""`tongxin token`, `user add`, `post add`: users, their tokens and posts."""

from __future__ import annotations

from datetime import timedelta

import click

from .frame import boot, need_tables


def create_user(username: str, name: str, password: str | None, **fields) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.utils.timezone import now

    from tongxin.accounts.actions import add_user

    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            raise click.ClickException("密码太弱：" + "；".join(error.messages)) from None
    add_user(username=username, name=name, password=password, at=now(), **fields)
    click.echo(f"✓ 用户 {username}（{name}）已创建")


@click.command()
@click.argument("username", metavar="USER")
@click.option("--name", default="命令行", show_default=True, help="用途，显示在用户的令牌列表里。")
@click.option("--days", type=click.IntRange(1, 3650), help="多少天后失效（默认不失效）。")
def token(username: str, name: str, days: int | None) -> None:
    """为用户生成接口令牌并打印出来（只显示这一次）。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.accounts.actions import make_token

    at = now()
    expires_at = at + timedelta(days=days) if days else None
    click.echo(make_token(user=named(username), name=name, at=at, expires_at=expires_at))


def named(username: str):
    from tongxin.accounts.models import User

    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise click.ClickException(f"没有用户“{username}”。演示数据请加 --var var/demo")
    return user


@click.group()
def user() -> None:
    """用户。"""


@user.command("add")
@click.argument("username", metavar="USER")
@click.option("--name", required=True, help="姓名。")
@click.option("--phone", default="", help="手机号（加密保存）。")
@click.option(
    "--password", envvar="TONGXIN_PASSWORD", help="密码（默认读 TONGXIN_PASSWORD，或询问）。"
)
@click.option("--no-password", is_flag=True, help="不设密码，只能用手机验证码登录。")
@click.option("--superuser", is_flag=True, help="系统管理员。")
def add_user(
    username: str, name: str, phone: str, password: str | None, no_password: bool, superuser: bool
) -> None:
    """创建用户。权限来自岗位，见 tongxin post add。"""
    boot(or_demo=True)
    need_tables()
    if not password and not no_password:
        password = click.prompt("密码", hide_input=True, confirmation_prompt="再输一遍")
    password = None if no_password else password
    create_user(username, name, password, phone=phone, is_superuser=superuser)


@click.group()
def post() -> None:
    """岗位：谁、在哪个组织、什么角色、管到哪里。"""


@post.command("add")
@click.argument("username", metavar="USER")
@click.option("--org", required=True, help="组织名称。")
@click.option(
    "--role",
    required=True,
    help="角色：dispatcher、verifier、grid_worker、handler、officer、leader、inspector、volunteer。",
)
@click.option("--region", help="管辖范围的区域代码（默认组织的辖区）。")
def add_post(username: str, org: str, role: str, region: str | None) -> None:
    """给用户一个岗位。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.orgs.actions import give_post
    from tongxin.orgs.models import Org, Post
    from tongxin.regions.models import Region
    from tongxin.regions.queries import get_land

    if role not in Post.Role.values:
        raise click.ClickException(f"没有角色“{role}”，可用：{'、'.join(Post.Role.values)}")
    office = Org.objects.public().filter(name=org).first()
    if office is None:
        raise click.ClickException(f"没有叫“{org}”的组织")
    reach = Region.objects.get(pk=get_land(region).id) if region else None
    held = give_post(user=named(username), org=office, role=role, region=reach, at=now())
    click.echo(f"✓ {held}，管辖 {held.region}")


COMMANDS = (token, user, post)
