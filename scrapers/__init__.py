"""From the web to a Statement. Knows no database and no Airflow."""
