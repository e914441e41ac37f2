"""Who is who in tests: Adam starts runs, Rita and Ruth review, Sam works for nobody known."""

from pathlib import Path

from slipway.domain.people import People

TEXT = """
[adam]
airflow = ["adam", "admin"]
mlflow = ["adam"]
os = ["adam"]

[rita]
airflow = ["rita"]
mlflow = ["rita"]

[ruth]
mlflow = ["ruth"]

[olga]
mlflow = ["olga"]
overseer = true
"""


def write(folder: Path) -> Path:
    """The file of people in ``folder``."""
    path = folder / "people.toml"
    path.write_text(TEXT)
    return path


PEOPLE = People.from_dict(
    {
        "adam": {"airflow": ["adam", "admin"], "mlflow": ["adam"], "os": ["adam"]},
        "rita": {"airflow": ["rita"], "mlflow": ["rita"]},
        "ruth": {"mlflow": ["ruth"]},
    },
    "people_kit",
)
"""What the file says."""
