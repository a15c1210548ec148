/**
 * For tests: a database as a Supabase project has it: the platform's roles, its schemas with their own owners, row level
 * security, default privileges, event triggers, and tables that the project's own role may not read. `extension` is SQL that
 * makes and uses an extension from outside the PostgreSQL sources.
 */
export function supabaseShaped(extension: string): string {
  return `
  CREATE ROLE supabase_admin SUPERUSER; CREATE ROLE anon NOLOGIN NOINHERIT; CREATE ROLE authenticated NOLOGIN NOINHERIT;
  CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS; CREATE ROLE authenticator LOGIN NOINHERIT; CREATE ROLE dashboard_user NOLOGIN CREATEROLE;
  CREATE ROLE supabase_auth_admin NOINHERIT CREATEROLE LOGIN; CREATE ROLE supabase_storage_admin NOINHERIT CREATEROLE LOGIN;
  CREATE ROLE project LOGIN BYPASSRLS CREATEROLE;
  GRANT anon, authenticated, service_role TO authenticator; GRANT anon, authenticated, service_role TO project;
  GRANT supabase_auth_admin, supabase_storage_admin TO project; ALTER ROLE authenticator SET statement_timeout = '8s';
  ALTER ROLE supabase_auth_admin SET search_path = 'auth';
  ALTER SCHEMA public OWNER TO project; GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
  CREATE SCHEMA extensions AUTHORIZATION project; GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
  CREATE EXTENSION pgcrypto SCHEMA extensions; CREATE EXTENSION "uuid-ossp" SCHEMA extensions; CREATE EXTENSION pg_stat_statements SCHEMA extensions;
  CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin; CREATE SCHEMA storage AUTHORIZATION supabase_storage_admin;
  CREATE SCHEMA vault AUTHORIZATION supabase_admin; CREATE SCHEMA realtime AUTHORIZATION supabase_admin;
  GRANT USAGE ON SCHEMA auth, storage TO anon, authenticated, service_role, project, supabase_storage_admin;
  SET ROLE supabase_auth_admin;
  CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
  CREATE TABLE auth.users (id uuid PRIMARY KEY, email text, encrypted_password varchar(255), raw_user_meta_data jsonb,
    confirmed_at timestamptz GENERATED ALWAYS AS (email_confirmed_at) STORED, email_confirmed_at timestamptz,
    CHECK (email IN ('canary-a@example.com', 'b@example.com') OR email LIKE '%@example.com'));
  CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email)) WHERE email IS NOT NULL;
  CREATE TABLE auth.mfa_factors (id uuid PRIMARY KEY, user_id uuid REFERENCES auth.users ON DELETE CASCADE, kind auth.factor_type);
  CREATE TABLE auth.refresh_tokens (id bigserial PRIMARY KEY, token text, user_id uuid);
  CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
  ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY; GRANT SELECT ON ALL TABLES IN SCHEMA auth TO project WITH GRANT OPTION;
  GRANT SELECT ON auth.refresh_tokens_id_seq TO project;
  INSERT INTO auth.users (id, email, encrypted_password, raw_user_meta_data, email_confirmed_at)
    SELECT md5(g::text)::uuid, 'canary-' || g || '@example.com', '$2a$10$canary', '{"name": "é"}', '2026-01-01' FROM generate_series(1, 50) AS g;
  INSERT INTO auth.mfa_factors SELECT id, id, 'totp' FROM auth.users LIMIT 3; INSERT INTO auth.refresh_tokens (token) VALUES ('canary-token');
  RESET ROLE; SET ROLE supabase_storage_admin;
  CREATE TABLE storage.buckets (id text PRIMARY KEY, name text, public bool DEFAULT false);
  CREATE TABLE storage.objects (id uuid PRIMARY KEY, bucket_id text REFERENCES storage.buckets, name text, path_tokens text[]
    GENERATED ALWAYS AS (string_to_array(name, '/')) STORED, metadata jsonb);
  ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
  CREATE POLICY "Users see their own files" ON storage.objects FOR SELECT TO authenticated USING (bucket_id IN ('avatars', 'files') AND path_tokens[1] = auth.uid()::text);
  GRANT ALL ON ALL TABLES IN SCHEMA storage TO anon, authenticated, service_role, project;
  INSERT INTO storage.buckets VALUES ('avatars', 'avatars', true); INSERT INTO storage.objects VALUES (md5('o')::uuid, 'avatars', 'a/b.png');
  RESET ROLE;
  CREATE TABLE vault.secrets (id int, secret text); INSERT INTO vault.secrets VALUES (1, 'canary-of-the-vault'); ALTER TABLE vault.secrets OWNER TO supabase_admin;
  CREATE TABLE realtime.messages (id int, topic text) PARTITION BY RANGE (id); CREATE TABLE realtime.messages_1 PARTITION OF realtime.messages DEFAULT;
  ALTER TABLE realtime.messages OWNER TO supabase_admin; ALTER TABLE realtime.messages_1 OWNER TO supabase_admin;
  CREATE SCHEMA supabase_migrations AUTHORIZATION project;
  SET ROLE project;
  CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
  INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{SELECT 1}', 'first');
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
  CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, "display name" text, role text DEFAULT 'member');
  ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
  CREATE POLICY "Profiles are visible to everyone" ON public.profiles FOR SELECT USING (true);
  CREATE POLICY "Users update their own" ON public.profiles FOR UPDATE TO authenticated USING (auth.uid() = id) WITH CHECK (auth.uid() = id AND role IN ('member', 'editor'));
  CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
    $$ BEGIN INSERT INTO public.profiles (id) VALUES (new.id); RETURN new; END $$;
  CREATE VIEW public.people WITH (security_invoker) AS SELECT id, "display name" FROM public.profiles WHERE role IN ('member', 'editor');
  INSERT INTO public.profiles (id, "display name") SELECT id, 'canary ' || email FROM auth.users;
  RESET ROLE;
  CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
  CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$;
  CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
  CREATE PUBLICATION supabase_realtime;
  ${extension}`;
}
