"""The findings as a page that stands alone: charts drawn into it, each with its figures as a table, no script and nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.errors import Invalid
from watchbill.replaying.findings import Findings

TEMPLATE = "page.html"
INK = {
    "background": "transparent",
    "plot_background": "transparent",
    "foreground": "currentColor",
    "foreground_strong": "currentColor",
    "foreground_subtle": "currentColor",
    "font_family": "system-ui, sans-serif",
    "colors": ("#1f77b4",),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what it says and the figures it shows: rows are (label, figure)."""

    title: str
    says: str
    unit: str
    figures: Mapping[str, float]

    @property
    def svg(self) -> str:
        """Return the drawing, one bar a figure."""
        import pygal  # here, since it is slow to import and hangs a finder into the import system

        bars = pygal.HorizontalBar(
            style=pygal.style.Style(**INK), js=[], disable_xml_declaration=True, show_legend=False, print_values=True, no_prefix=True,
            height=90 + 48 * len(self.figures), width=760, margin=8, x_title=self.unit, pretty_print=False, include_x_axis=True,
        )  # fmt: skip
        bars.add_xml_filter(_without_scripts)
        bars.x_labels = list(self.figures)
        bars.add(self.unit, list(self.figures.values()))
        return str(bars.render(is_unicode=True))


def _without_scripts(drawing: Any) -> Any:
    """Take out the settings that pygal leaves for a script which is not there."""
    for parent in list(drawing.iter()):
        for child in [each for each in parent if str(each.tag).endswith("script")]:
            parent.remove(child)
    return drawing


def charts_of(findings: Findings) -> list[Chart]:
    """Return what is drawn; what has no figures is left out."""
    sla, agreement = findings.sla, findings.priority_agreement
    priorities = {f"{cell}: {pair}": count for cell, pairs in agreement["cells"].items() for pair, count in pairs.items()}
    hours = {reason: pause["hours"] for reason, pause in findings.pauses.items()}
    charts = [
        Chart("Restore targets", f"{sla['agrees_with_recorded']} of {findings.incidents} as recorded.", "incidents", sla["cells"]),
        Chart("Why the targets differ", "What makes our answer another one than the recorded.", "incidents", sla["differences"]),
        Chart("Priority", f"{agreement['agree']} of {agreement['total']} as recorded, by impact and urgency.", "incidents", priorities),
        Chart("Escalation steps", "What would have been told, by ladder and step.", "steps", findings.escalations["steps"]),
        Chart("Pauses", "Working time in which the restore clock stood still, by reason.", "hours", hours),
    ]
    return [chart for chart in charts if chart.figures]


def write_page(findings: Findings, path: Path, *, source: str) -> None:
    """Write the page of a replay of a log, called `source`. Raises Invalid when the file cannot be written."""
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = environment.get_template(TEMPLATE).render(findings=findings, charts=charts_of(findings), source=source)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"The report {path} cannot be written: {error}.") from error
