-- Roles and the database, for psql as the cluster's superuser; safe to run again. The cluster is Hotline's own.
--
--   psql -h SOCKET_DIR -U postgres -d postgres -v ON_ERROR_STOP=1 -f sql/roles.sql          (-v database=NAME for another name)
--
--   hotline_owner      owns everything, cannot log in
--   hotline_migrator   applies sql/migrations and sql/report, as hotline_owner
--   hotline_app        the daemon: adds facts and what follows from them; neither superuser nor CREATEROLE, for with that it could grant
--                      itself pg_execute_server_program
--   hotline_ivr        the daemon's second login: what menus look up (schema site), and nothing else
--   supervisor         reads schema report and nothing else. A person's own login: create role alice login in role supervisor
\set ON_ERROR_STOP on
\if :{?database}
\else
  \set database hotline
\endif

do $$
declare
    name text;
begin
    foreach name in array array['hotline_owner', 'hotline_migrator', 'hotline_app', 'hotline_ivr', 'supervisor'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I', name);
        end if;
    end loop;
end
$$;
alter role hotline_owner nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit;
alter role hotline_migrator login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit connection limit 2;
alter role hotline_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit connection limit 40;
alter role hotline_ivr login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit connection limit 40;
alter role supervisor login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit connection limit 20;
grant hotline_owner to hotline_migrator;

-- A user can reset these; the limit of connections and the daemon's own watch hold where they do not.
alter role supervisor set default_transaction_read_only = on;
alter role supervisor set statement_timeout = '60s';
alter role supervisor set idle_in_transaction_session_timeout = '60s';
alter role supervisor set search_path = report;
alter role hotline_ivr set default_transaction_read_only = on;
alter role hotline_ivr set statement_timeout = '30s';
alter role hotline_ivr set idle_in_transaction_session_timeout = '30s';
alter role hotline_ivr set search_path = site;

select format('create database %I owner hotline_owner encoding ''UTF8'' locale ''C.UTF-8'' template template0', :'database')
where not exists (select from pg_database where datname = :'database') \gexec

revoke all on database postgres, template1, :"database" from public;
grant connect on database :"database" to hotline_migrator, hotline_app, hotline_ivr, supervisor;

\connect :"database"
revoke all on schema public from public;
-- Two ways to leave something behind, or to stand in the migrator's way, that every role has by default: large objects and advisory locks.
do $$
declare
    f regprocedure;
begin
    for f in
        select oid::regprocedure from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
          and (proname ~ '^lo_' or proname in ('loread', 'lowrite') or proname ~ '^pg_(try_)?advisory_')
    loop
        execute format('revoke execute on function %s from public', f);
        if f::text ~ 'advisory' then
            execute format('grant execute on function %s to hotline_migrator, hotline_owner, hotline_app', f);
        end if;
    end loop;
end
$$;
