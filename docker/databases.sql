-- Run once by the superuser on an empty server: one database and one account for each owner of data.
-- An account can reach its own database and no other; its password comes from the environment.
\set ON_ERROR_STOP on
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv mlflow_password MLFLOW_DB_PASSWORD
\getenv ledger_password LEDGER_DB_PASSWORD

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE ROLE ledger LOGIN PASSWORD :'ledger_password';

CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE ledger OWNER ledger;

REVOKE CONNECT ON DATABASE airflow, mlflow, ledger FROM PUBLIC;
