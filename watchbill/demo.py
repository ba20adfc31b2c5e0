"""A small demo organisation, the same every time, made as often as wanted."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from engine import people
from watchbill.house import House
from watchbill.settings import Settings

PASSWORD = "watchbill-demo"  # noqa: S105  # known to everybody: the demo is served on loopback addresses only
TEAMS = {
    "service-desk": "服务台",
    "noc": "监控值班",
    "level-2": "二线技术组",
    "level-3": "三线技术组",
    "duty-managers": "值班长",
    "service-managers": "服务经理",
    "department-heads": "部门负责人",
    "general-managers": "总经理",
    "problem-managers": "问题经理",
    "process-owners": "流程负责人",
    "operators": "系统运维",
    "auditors": "审计",
}
STAFF = (
    ("li.na", "李娜", ("service-desk",)),
    ("wang.wei", "王伟", ("service-desk",)),
    ("zhao.min", "赵敏", ("noc",)),
    ("chen.jie", "陈杰", ("level-2",)),
    ("liu.yang", "刘洋", ("level-2",)),
    ("sun.qiang", "孙强", ("level-3",)),
    ("zhou.ting", "周婷", ("duty-managers",)),
    ("guo.fang", "郭芳", ("service-managers",)),
    ("he.jun", "何军", ("department-heads",)),
    ("lin.hao", "林浩", ("general-managers",)),
    ("wu.lei", "吴磊", ("problem-managers", "level-3")),
    ("xu.jing", "徐静", ("process-owners",)),
    ("ma.chao", "马超", ("operators",)),
    ("hu.bin", "胡斌", ("auditors",)),
)


def set_up(house: House) -> str:
    """Make the teams and people that are missing; return what to say about it."""
    now = house.engine.clock.now()
    with house.database.write() as connection:
        present = {person.name for person in people.list_people(connection, with_inactive=True)}
        teams = {team.name for team in people.list_teams(connection)}
        for name, shown in TEAMS.items():
            if name not in teams:
                people.add_team(connection, name, display_name=shown)
        for name, shown, member_of in STAFF:
            if name not in present:
                people.add_person(connection, name, now=now, display_name=shown, password=PASSWORD, teams=member_of)
        if "admin" not in present:
            people.add_person(connection, "admin", now=now, display_name="管理员", password=PASSWORD, is_admin=True)
    return f"The demo organisation has {len(STAFF)} people and the administrator 'admin'; everybody's password is {PASSWORD}."


def guide(settings: Settings) -> str:
    """Return how to go on beside the served demo: where its data and the command are, and a first question."""
    command, home = shlex.quote(str(Path(sys.executable).parent)), shlex.quote(str(settings.home))
    return f"""Go on in another terminal:
  export PATH={command}:"$PATH" WATCHBILL_HOME={home}
  watchbill definitions
  watchbill --help
README.md walks on from there. Ctrl-C stops it here."""
