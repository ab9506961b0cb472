/**
 * Fills the tables with rows outside of acme. If all rows were acme's, PostgreSQL would be right to read all of them,
 * and good plans would look like bad ones.
 */
export const others = `
  insert into namespace select 'usr_0' || n, 'person-' || n, 'USER' from generate_series(1, 2000) n;
  insert into namespace select 'org_0' || n, 'other-' || n, 'ORGANIZATION' from generate_series(1, 50) n;
  insert into user_account (id, username, display_name, password_hash, created_at)
    select 'usr_0' || n, 'person-' || n, 'person', 'none', now() from generate_series(1, 2000) n;
  insert into session (id, user_id, secret_hash, created_at, expires_at)
    select 'ses_0' || n, 'usr_0' || n, decode(md5(n::text), 'hex'), now(), now() + (n - 1000) * interval '1 hour'
    from generate_series(1, 2000) n;
  insert into device_request
    (id, device_code_hash, user_code_hash, client_id, device_name, created_at, expires_at, interval_seconds)
    select 'dvr_0' || n, decode(md5('d' || n), 'hex'), decode(md5('u' || n), 'hex'), 'cli', 'old', now(),
      now() + (n - 1000) * interval '1 hour', 5
    from generate_series(1, 2000) n;
  insert into company select 'com_0' || n, 'company-' || n, now() from generate_series(1, 50) n;
  insert into company_owner select 'com_0' || n, 'usr_0' || n from generate_series(1, 50) n;
  insert into organization (id, name, display_name, plan, company_id, created_at)
    select 'org_0' || n, 'other-' || n, 'other', 'TEAM', 'com_0' || n, now()
    from generate_series(1, 50) n;
  insert into membership select 'org_0' || 1 + n % 50, 'usr_0' || n, 'MEMBER', now() from generate_series(1, 2000) n;
  insert into repository select 'org_0' || 1 + n % 50, 'rep_0' || n, 'path-' || n, null, 'PRIVATE', now()
    from generate_series(1, 2000) n;
  insert into access_token (namespace_id, id, label, created_at, created_by_id)
    select 'org_0' || 1 + n % 50, 'tok_0' || n, 'old', now(), 'usr_0' || n from generate_series(1, 2000) n;
  insert into access_token_secret (namespace_id, token_id, id, hash, hint, created_at)
    select namespace_id, id, 'sec_0' || id, decode(md5(id), 'hex'), 'abcd', now() from access_token where label = 'old';
  insert into access_token_scope
    (namespace_id, token_id, position, kind, repository_namespace_id, repository_id, permissions)
    select t.namespace_id, t.id, 1, 'NAMED_REPOSITORY', r.namespace_id, r.id, '{IMAGE_PULL}'
    from access_token t join repository r on r.id = 'rep' || substr(t.id, 4);
  insert into access_token_last_use (namespace_id, token_id, at) select namespace_id, id, now() from access_token;
  insert into registry_login select namespace_id, id, '192.0.2.1', now() from access_token;
  insert into member_group select id, 'grp' || substr(id, 4), 'group', null, now() from organization;
  insert into group_membership select m.organization_id, g.id, m.user_id, now()
    from membership m join member_group g on g.organization_id = m.organization_id;
  insert into group_repository select r.namespace_id, r.id, g.id, 'READ'
    from repository r join member_group g on g.organization_id = r.namespace_id;
  insert into invite (organization_id, id, user_id, role, created_at, expires_at)
    select 'org_0' || 1 + n % 50, 'inv_0' || n, 'usr_0' || 1 + (n + 7) % 2000, 'MEMBER', now(), now() from generate_series(1, 2000) n;
  insert into sso_provider select id, 'https://example.com', 'postern', '', '{}', now() from organization;
  insert into sso_identity select 'org_0' || 1 + n % 50, 'https://example.com', 'usr_0' || n, 'usr_0' || n, now()
    from generate_series(1, 2000) n;
  insert into usage_window (namespace_id, subject_id, starts_at, pulls)
    select namespace_id, id, date_trunc('hour', now()), 1 from access_token;
  insert into pull_reservation
      (namespace_id, subject_id, starts_at, repository, network, client, made_at, expires_at)
    select namespace_id, id, date_trunc('hour', now()), 'acme/api', '192.0.2.1', 'docker', now(), now() + interval '1 minute'
    from access_token;
  insert into anonymous_pull_reservation (starts_at, network, repository, client, made_at, expires_at)
    select date_trunc('hour', now()), ('10.' || n / 250 || '.' || n % 250 || '.1')::inet, 'acme/api' || n % 50, 'docker', now(),
      now() + interval '1 minute' from generate_series(1, 2000) n;
  insert into anonymous_usage_window (starts_at, network, pulls)
    select date_trunc('hour', now()), ('10.' || n / 250 || '.' || n % 250 || '.1')::inet, 1 from generate_series(1, 2000) n;
  insert into usage_day (namespace_id, day, repository, token_id, ip_address, token_label, pulls, pushes)
    select namespace_id, now()::date - n, 'other/api', id, '192.0.2.1', 'old', 1, 0 from access_token, generate_series(0, 9) n;
  insert into idempotency_key select namespace_id, 'usr_01', id, '', id, now() from access_token;
  insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target)
    select namespace_id, 'evt_' || substr(id, 5), now(), 'access_token.create', 'SYSTEM', 'system', 'ci' from access_token;
  insert into webhook (namespace_id, id, url, events, encrypted_secret, created_at)
    select 'org_0' || 1 + n % 50, 'whk_0' || n, 'http://127.0.0.1:9/', '{TOKEN_EXPIRED}', '', now() from generate_series(1, 500) n;
  insert into notice (namespace_id, id, kind, at, occasion)
    select 'org_0' || 1 + n % 50, 'not_0' || n, 'TOKEN_EXPIRED', now(), 'old-' || n from generate_series(1, 2000) n;
  insert into delivery (namespace_id, id, notice_id, webhook_id, status)
    select n.namespace_id, 'whd_0' || substr(n.id, 6), n.id, 'whk_0' || 1 + (substr(n.id, 6)::int - 1) % 500, 'DELIVERED'
    from notice n;
  analyze device_request, webhook, notice, delivery, member_group, group_membership, group_repository, invite, sso_provider, sso_identity, namespace, user_account, session, company, company_owner, organization, membership, repository, access_token,
    access_token_secret, access_token_scope, access_token_last_use, usage_window, anonymous_usage_window, pull_reservation, anonymous_pull_reservation, usage_day, idempotency_key, activity_event`
