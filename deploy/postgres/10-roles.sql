-- Run once by the Postgres image, when its volume is new, as the superuser in the database `redrive`.
--
-- redrive_migrator owns the database and makes the schema. redrive_app, which the services use, reads and writes rows
-- and can change nothing else: a hole in a service is no way to drop a table or to leave a function behind.

\getenv app_password REDRIVE_APP_PASSWORD
\getenv migrator_password REDRIVE_MIGRATOR_PASSWORD

create role redrive_migrator login password :'migrator_password';
create role redrive_app login password :'app_password';

alter database redrive owner to redrive_migrator;
-- By default everybody may connect and make temporary tables.
revoke all on database redrive from public;
grant connect on database redrive to redrive_app;
grant usage on schema public to redrive_app;

-- Everything that a migration will make, now or years from now, is usable by the services at once.
alter default privileges for role redrive_migrator in schema public
  grant select, insert, update, delete on tables to redrive_app;
alter default privileges for role redrive_migrator in schema public
  grant usage, select on sequences to redrive_app;
alter default privileges for role redrive_migrator in schema public
  grant execute on functions to redrive_app;
