"""From a Statement to an analyst. Knows no HTML layout and no Airflow."""

__version__ = "0.2.0"
