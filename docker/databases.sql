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

-- The router reads from the ledger which versions were taken off, and can write nothing.
\getenv reader_password LEDGER_READER_DB_PASSWORD
\if :{?reader_password}
CREATE ROLE ledger_reader LOGIN PASSWORD :'reader_password';
GRANT CONNECT ON DATABASE ledger TO ledger_reader;
\connect ledger
ALTER DEFAULT PRIVILEGES FOR ROLE ledger IN SCHEMA public GRANT SELECT ON TABLES TO ledger_reader;
\endif
