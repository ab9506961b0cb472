-- The SQL that requests send: examples of schema/operations, the token endpoint, and reports of registries, with the
-- number of statements of each. A statement is shown at the first request that sends it.
-- Generated. After a change, run: npm test -- test/statements -u

-- 01-sign-in.graphql: 10

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
    from company_owner c
    join organization o on o.company_id = c.company_id
    where c.user_id = u.id ) as "owned", "u"."password_hash"
  from "user_account" as "u"
  where "u"."username" = $1;

with settings as materialized (select set_config('synchronous_commit', 'off', true)), wanted as (
    select *
    from unnest($1::bytea[], $2::int[], $3::int[]) with ordinality as u (key, failures, seconds, position) ), counted as ( insert into failure_count as f (key, failures, ends_at)
    select w.key, w.failures, now() + make_interval(secs => w.seconds)
    from settings, wanted w
    order by w.key
    on conflict (key) do update set failures = case when f.ends_at <= now() then 0 else f.failures end + excluded.failures, ends_at = case when f.ends_at <= now() then excluded.ends_at else f.ends_at end
    returning key, failures, (extract(epoch
        from ends_at - now()) * 1000)::int as "remainingMs" )
  select w.position::int - 1 as position, c.failures, c."remainingMs"
  from wanted w
  join counted c on c.key = w.key;

with settings as materialized (select set_config('synchronous_commit', 'off', true)), given as (
    select *
    from unnest($1::bytea[], $2::int[]) with ordinality as u (key, failures, position) ), locked as (
    select f.key
    from failure_count f
    where f.key in (select key
      from given)
    order by f.key for update ) update failure_count f set failures = greatest(f.failures - given.failures, 0)
-- The SQL that requests send: examples of schema/operations, the token endpoint, and reports of registries.
-- Generated. After a change, run: npm test -- test/statements -u

-- 01-sign-in.graphql: 10 distinct, 0 of them above

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
  from membership m
  join organization o on o.id = m.organization_id
  where m.user_id = u.id ) as "memberships", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
  from company_owner c
  join organization o on o.company_id = c.company_id
  where c.user_id = u.id ) as "owned", "u"."password_hash"
  from "user_account" as "u"
  where "u"."username" = $1;

with settings as materialized (select set_config('synchronous_commit', 'off', true)), wanted as ( select *
  from unnest($1::bytea[], $2::int[], $3::int[]) with ordinality as u (key, failures, seconds, position) ), counted as ( insert into failure_count as f (key, failures, ends_at) select w.key, w.failures, now() + make_interval(secs => w.seconds)
  from settings, wanted w
  order by w.key
  on conflict (key) do update set failures = case when f.ends_at <= now() then 0 else f.failures end + excluded.failures, ends_at = case when f.ends_at <= now() then excluded.ends_at else f.ends_at end
  returning key, failures, (extract(epoch
  from ends_at - now()) * 1000)::int as "remainingMs" ) select w.position::int - 1 as position, c.failures, c."remainingMs"
  from wanted w
  join counted c on c.key = w.key;

with settings as materialized (select set_config('synchronous_commit', 'off', true)), given as ( select *
  from unnest($1::bytea[], $2::int[]) as u (key, failures) ), locked as ( select f.key
  from failure_count f
  where f.key in (select key
  from given)
  order by f.key for update ) update failure_count f set failures = greatest(f.failures - given.failures, 0)
  from settings, locked
  join given on given.key = locked.key
  where f.key = locked.key
  returning f.failures;

begin;

select "id"
  from "user_account"
  where "id" = $1 and "password_hash" = $2 for share;

delete from "session"
  where "user_id" = ? and "expires_at" <= ?;

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values (?, ?, ?, ?, ?, ?, ?, null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?);

commit;

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
    from company_owner c
    join organization o on o.company_id = c.company_id
    where c.user_id = u.id ) as "owned", "s"."id" as "session_id"
  from "user_account" as "u"
  inner join "session" as "s" on "s"."user_id" = "u"."id"
  where "s"."secret_hash" = $1 and "s"."expires_at" > $2 and "s"."device_name" is null;

-- 02-viewer.graphql: 1

-- 03-create-organization.graphql: 8

insert into "namespace" ("id", "name", "kind")
  values (?, ?, ?);

insert into "organization" ("id", "name", "display_name", "plan", "company_id", "created_at", "max_token_lifetime_days", "allow_token_reactivation", "sso_enforced", "email_notices")
  values (?, ?, ?, ?, null, ?, null, false, false, true);
delete
  from "session"
  where "user_id" = 'usr_01M8E33GFCQ010N7MRBT4J8A6S' and "expires_at" <= '2026-11-27T08:49:13.689Z';

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E33HESFTN974RV46NBWN3V', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', E'\\x9e8785ed93a2feb1d067af728d4bd34b1f43481283aeeab925dcb5da0a7230cb', '2026-11-27T08:49:13.689Z', '2026-11-28T08:49:13.689Z', '127.0.0.1', 'node', null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33HESE5D2XSV3M4BR834K', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:13.689Z', 'user.sign_in', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'admin', '127.0.0.1', 'node', 'fbb527e9-9937-4003-bfbf-436d931c115c', '{}');

commit;

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
  from membership m
  join organization o on o.id = m.organization_id
  where m.user_id = u.id ) as "memberships", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
  from company_owner c
  join organization o on o.company_id = c.company_id
  where c.user_id = u.id ) as "owned", "s"."id" as "session_id"
  from "user_account" as "u"
  inner
  join "session" as "s" on "s"."user_id" = "u"."id"
  where "s"."secret_hash" = $1 and "s"."expires_at" > $2 and "s"."device_name" is null;

-- 02-viewer.graphql: 1 distinct, 1 of them above

-- 03-create-organization.graphql: 8 distinct, 3 of them above

insert into "namespace" ("id", "name", "kind")
  values ('org_01M8E33HQ4YDAKHSV85X89PGM3', 'acme', 'ORGANIZATION');

insert into "organization" ("id", "name", "display_name", "plan", "company_id", "created_at", "max_token_lifetime_days", "allow_token_reactivation", "sso_enforced", "email_notices")
  values ('org_01M8E33HQ4YDAKHSV85X89PGM3', 'acme', 'Acme', 'TEAM', null, '2026-11-27T08:49:13.956Z', null, false, false, true);

insert into "membership" ("organization_id", "user_id", "role", "joined_at")
  values ($1, $2, $3, $4)
  on conflict ("organization_id", "user_id") do nothing
  returning "user_id";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33HQ4NWA6MP91FE1XZGEY', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:13.956Z', 'organization.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', '64d7b0e4-ce60-43df-a3e9-fa0f9584f270', '{"plan":"TEAM"}');

select "namespace_id", count(*)::int as "count"
  from "access_token"
  where "namespace_id" = any($1)
  group by "namespace_id";

-- 04-create-repository.graphql: 6

select "n0".*
  from "namespace" as "n0"
  where "n0"."name" = ? limit 1;

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values (?, ?, ?, ?, ?, ?);

-- 05-generate-organization-token.graphql: 13
-- 04-create-repository.graphql: 6 distinct, 3 of them above

select "n0".*
  from "namespace" as "n0"
  where "n0"."name" = 'acme' limit 1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33HVVXN8GZT4ASQGB2MXE', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.107Z', 'repository.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', 'ff0b5d70-4296-4374-8785-df1f230512b6', '{"visibility":"PRIVATE"}');

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values ('rep_01M8E33HVVWQQPC85P6220DAC7', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'api', 'The API server', 'PRIVATE', '2026-11-27T08:49:14.107Z');

-- 05-generate-organization-token.graphql: 13 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "name" = $1;

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
select "plan", "max_token_lifetime_days"
  from "organization"
  where "id" = $1 for no key update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values (?, ?, ?, ?, null, ?, ?, null, null, null, null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values (?, 0, ?, ?, null, null, ?), (?, 1, ?, ?, null, null, ?);

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values (?, ?, ?, ?, ?, ?, null, null, null);

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = $1;

select "c"."token_id" as "tokenId", "c"."kind", "c"."repository_id" as "repositoryId", "r"."path" as "repositoryPath", case when c.repository_namespace_id <> c.namespace_id then (select n.name
    from namespace n
    where n.id = c.repository_namespace_id) end as "repositoryNamespace", c.permissions as "permissions"
  from "access_token_scope" as "c"
  left join "repository" as "r" on "r"."id" = "c"."repository_id"
  values ('evt_01M8E33J1QS6QJKXB1Q65A93ZH', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.295Z', 'access_token.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33J1QHWZHS54HHCJ4PE7P', 'ci', 'ci', '127.0.0.1', 'node', '2fc3b959-f7ae-4f3e-9085-050921f4299a', '{"expiresAt":"never","scopes":"acme/* acme"}');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E33J1QHWZHS54HHCJ4PE7P', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'ci', 'Builds and pushes the API', null, '2026-11-27T08:49:14.295Z', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', null, null, null, null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E33J1QHWZHS54HHCJ4PE7P', 0, 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'ALL_REPOSITORIES', null, null, '{IMAGE_PUSH}'), ('tok_01M8E33J1QHWZHS54HHCJ4PE7P', 1, 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'ORGANIZATION', null, null, '{REPOSITORY_CREATE}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E33J1QEGHV5Q3P6M4SD6Y8', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'tok_01M8E33J1QHWZHS54HHCJ4PE7P', E'\\xd3750905c0e0364504787822f2ead716cda2189f6bec999f993e7d2c46085d82', 'eLqY', '2026-11-27T08:49:14.295Z', null, null, null);

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner
  join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left
  join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = $1;

select "c"."token_id" as "tokenId", "c"."kind", "c"."repository_id" as "repositoryId", "r"."path" as "repositoryPath", case when c.repository_namespace_id <> c.namespace_id then (select n.name
  from namespace n
  where n.id = c.repository_namespace_id) end as "repositoryNamespace", c.permissions as "permissions"
  from "access_token_scope" as "c"
  left
  join "repository" as "r" on "r"."id" = "c"."repository_id"
  where "c"."namespace_id" = $1 and "c"."token_id" = any($2::text[])
  order by "c"."token_id", "c"."position";

select "token_id" as "tokenId", "hint", "created_at" as "createdAt", "expires_at" as "expiresAt", "last_used_at" as "lastUsedAt"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = any($2::text[]) and ("expires_at" is null or "expires_at" > $3)
  order by "token_id", "expires_at" desc nulls first, "id" desc;

-- 06-access-tokens.graphql: 8
-- 06-access-tokens.graphql: 8 distinct, 4 of them above

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId"
  from "access_token" as "t"
  where "t"."namespace_id" = $1 and (("t"."expires_at" is null or "t"."expires_at" > $2) and "t"."deactivated_at" is null) and "t"."id" < $3
  order by "t"."id" desc limit $4;

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "id" = any($1);

select coalesce(l.token_id, w.subject_id) as "tokenId", "l"."at", host(l.ip_address) as "ipAddress", "l"."client", "l"."repository", "w"."used" as "pulls"
  from (select *
    from "access_token_last_use"
    where namespace_id = $1 and "token_id" = any($2::text[])) as "l"
  full join (select "subject_id", ("usage_window"."pulls" + (coalesce(("usage_window"."reserved")[greatest(0, ($3::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($4::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($5::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($6::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($7::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0)) + case when exists (select
        from deployment
        where id = 1 and last_registry_event_at > $8) then 0 else "usage_window"."unreported" + ((("usage_window"."reserved")[1] + ("usage_window"."reserved")[2] + ("usage_window"."reserved")[3] + ("usage_window"."reserved")[4] + ("usage_window"."reserved")[5]) - (coalesce(("usage_window"."reserved")[greatest(0, ($9::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($10::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($11::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($12::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($13::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0))) end) as "used"
    from "usage_window"
    where namespace_id = $14 and "subject_id" = any($15::text[]) and "starts_at" = $16) as "w" on "w"."subject_id" = "l"."token_id";
  from "access_token_last_use"
  where namespace_id = $1 and "token_id" = any($2::text[])) as "l"
  full
  join (select "subject_id", ("usage_window"."pulls" + case when $3 <= "usage_window"."reservation_period" then "usage_window"."reserved" else 0 end + case when $4 <= "usage_window"."reservation_period" then "usage_window"."reserved_previous" when not exists (select
  from deployment
  where id = 1 and last_registry_event_at > $5) then "usage_window"."reserved" + "usage_window"."reserved_previous" when $6 = "usage_window"."reservation_period" + 1 then "usage_window"."reserved" else 0 end) as "used"
  from "usage_window"
  where namespace_id = $7 and "subject_id" = any($8::text[]) and "starts_at" = $9) as "w" on "w"."subject_id" = "l"."token_id";

select count(*) as "count"
  from "access_token" as "t"
  where "t"."namespace_id" = $1 and (("t"."expires_at" is null or "t"."expires_at" > $2) and "t"."deactivated_at" is null);

-- 07-access-token.graphql: 5
-- 07-access-token.graphql: 5 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "id" = any($1);

-- 08-update-token.graphql: 9

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = ? limit 1 for update;

update "access_token" set "label" = ?, "pull_limit" = 100
  where "id" = ?;

-- 09-deactivate-token.graphql: 7

update "access_token" set "deactivated_at" = ?
  where "id" = ?;

-- 10-activate-token.graphql: 5

select "o0".*
  from "organization" as "o0"
  where "o0"."id" = ? limit 1;

rollback;

-- 11-delete-token.graphql: 8
-- 08-update-token.graphql: 9 distinct, 6 of them above

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = 'tok_01M8E33J1QHWZHS54HHCJ4PE7P' limit 1 for update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33J9SGQ97W3EW9T75V3BZ', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.553Z', 'access_token.update', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33J1QHWZHS54HHCJ4PE7P', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', 'fe6ab4ae-b3c6-4f5c-94fb-60951b3d4edd', '{"label":"ci of the API","pullLimit":"100"}');

update "access_token" set "label" = 'ci of the API', "pull_limit" = 100
  where "id" = 'tok_01M8E33J1QHWZHS54HHCJ4PE7P';

-- 09-deactivate-token.graphql: 7 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JBWPXJD819YV4JRK59V', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.620Z', 'access_token.deactivate', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33J1QHWZHS54HHCJ4PE7P', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', 'af26b088-a4a0-43c5-a6fd-023ac3c1b633', '{}');

update "access_token" set "deactivated_at" = '2026-11-27T08:49:14.620Z'
  where "id" = 'tok_01M8E33J1QHWZHS54HHCJ4PE7P';

-- 10-activate-token.graphql: 5 distinct, 3 of them above

select "o0".*
  from "organization" as "o0"
  where "o0"."id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' limit 1;

rollback;

-- 11-delete-token.graphql: 8 distinct, 4 of them above

select "id"
  from "session"
  where "id" = (select "session_id"
    from "access_token"
    where "namespace_id" = $1 and "id" = $2) for update;

delete from "usage_window"
  where "namespace_id" = ? and "subject_id" = ?;

delete from "access_token"
  where "id" in (?);

-- 12-available-permissions.graphql: 1

-- 13-organization.graphql: 1

-- 14-update-organization.graphql: 6

update "organization" set "display_name" = ?
  where "id" = ?;

-- 15-change-organization-plan.graphql: 6

update "organization" set "plan" = ?
  where "id" = ?;

-- 16-repositories.graphql: 3

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when $1 <> '' then (
    select g.access
    from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = $2
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  from "access_token"
  where "namespace_id" = $1 and "id" = $2) for update;

delete
  from "usage_window"
  where "namespace_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "subject_id" = 'tok_01M8E33J1QHWZHS54HHCJ4PE7P';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JESBZ0ZWBDE4CJC68R0', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.713Z', 'access_token.delete', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33J1QHWZHS54HHCJ4PE7P', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', 'ace6875d-083d-4382-8b08-d9a4cb6a2b9c', '{}');

delete
  from "access_token"
  where "id" in ('tok_01M8E33J1QHWZHS54HHCJ4PE7P');

-- 12-available-permissions.graphql: 1 distinct, 1 of them above

-- 13-organization.graphql: 1 distinct, 1 of them above

-- 14-update-organization.graphql: 6 distinct, 4 of them above

update "organization" set "display_name" = 'Acme Corporation'
  where "id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JHWM1HH0SFK0K68QZM3', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.812Z', 'organization.update', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', '11dddb01-eaab-4a9c-a4e9-eeac2304fdce', '{"displayName":"Acme Corporation"}');

-- 15-change-organization-plan.graphql: 6 distinct, 4 of them above

update "organization" set "plan" = 'BUSINESS'
  where "id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JJWZWP01FM4M3DZ7ZQW', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.844Z', 'organization.plan_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'be72880d-0d3f-4f23-80a4-828c261eb171', '{"from":"TEAM","to":"BUSINESS"}');

-- 16-repositories.graphql: 3 distinct, 1 of them above

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when $1 <> '' then ( select g.access
  from group_repository g
  join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
  where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = $2
  order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess"
  from "repository" as "r"
  inner
  join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  where "r"."namespace_id" = $3
  order by "r"."path" limit $4;

select count(*) as "count"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  where "r"."namespace_id" = $1;

-- 17-repository-tags.graphql: 4

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when "w"."user_id" <> '' then (
    select g.access
    from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = "w"."user_id"
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess", w.position::int - 1 as "position"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  inner join unnest($1::text[], $2::text[], $3::text[]) with ordinality as w (namespace, path, user_id, position) on "w"."namespace" = "n"."name" and "w"."path" = "r"."path";
  inner
  join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  where "r"."namespace_id" = $1;

-- 17-repository-tags.graphql: 4 distinct, 1 of them above

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when "w"."user_id" <> '' then ( select g.access
  from group_repository g
  join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
  where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = "w"."user_id"
  order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess", w.position::int - 1 as "position"
  from "repository" as "r"
  inner
  join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  inner
  join unnest( $1::text[], $2::text[], $3::text[] ) with ordinality as w (namespace, path, user_id, position) on "w"."namespace" = "n"."name" and "w"."path" = "r"."path";

select "name", "digest", "media_type" as "mediaType", "pushed_at" as "pushedAt", "actor_kind" as "actorKind", "actor_id" as "actorId", "actor_name" as "actorName"
  from "repository_tag"
  where "namespace_id" = $1 and "repository_id" = $2
  order by "pushed_at" desc, "name" desc limit $3;

select count(*) as "count"
  from "repository_tag"
  where "namespace_id" = $1 and "repository_id" = $2;

-- 17-repository.graphql: 3

-- 18-update-repository.graphql: 6

update "repository" set "visibility" = ?
  where "id" = ?;

-- 19-delete-repository.graphql: 8
-- 17-repository.graphql: 3 distinct, 3 of them above

-- 18-update-repository.graphql: 6 distinct, 4 of them above

update "repository" set "visibility" = 'PUBLIC'
  where "id" = 'rep_01M8E33HVVWQQPC85P6220DAC7';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JPJ23XXK71MEF6H1AEK', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.962Z', 'repository.update', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', '268b5bd1-625e-4e7c-86bb-32680c6ad73a', '{"visibility":"PUBLIC"}');

-- 19-delete-repository.graphql: 8 distinct, 4 of them above

select "id"
  from "repository"
  where "id" = $1 for update;

delete from "access_token_scope" as "s" using "access_token" as "t"
  where "t"."namespace_id" = "s"."namespace_id" and "t"."id" = "s"."token_id" and "s"."repository_namespace_id" = $1 and "s"."repository_id" = $2
  returning "t"."id", "t"."label", "t"."namespace_id" as "namespaceId";

delete from "repository"
  where "id" = ?;

-- 20-sign-up.graphql: 9

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values (?, ?, ?, ?, ?, false, ?);

-- 21-change-password.graphql: 9

select "u0".*
  from "user_account" as "u0"
  where "u0"."id" = ? limit 1;

update "user_account" set "password_hash" = ?
  where "id" = ? and "password_hash" = ?;

delete from "session"
  where "user_id" = ? and "id" != ?;

-- 22-sign-out.graphql: 5

delete from "session"
  where "id" = ?;

-- 23-user.graphql: 2
delete
  from "access_token_scope" as "s" using "access_token" as "t"
  where "t"."namespace_id" = "s"."namespace_id" and "t"."id" = "s"."token_id" and "s"."repository_namespace_id" = $1 and "s"."repository_id" = $2
  returning "t"."id", "t"."label", "t"."namespace_id" as "namespaceId";

delete
  from "repository"
  where "id" = 'rep_01M8E33HVVWQQPC85P6220DAC7';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JQM0G5M1ZHAY6B4AEHT', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:14.996Z', 'repository.delete', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', 'b89f12b2-50d2-4766-a744-a9b6d13fe6bd', '{}');

-- 20-sign-up.graphql: 8 distinct, 3 of them above

insert into "namespace" ("id", "name", "kind")
  values ('usr_01M8E33JRS509RWMP73RCTC5FS', 'ada', 'USER');

delete
  from "session"
  where "user_id" = 'usr_01M8E33JRS509RWMP73RCTC5FS' and "expires_at" <= '2026-11-27T08:49:15.033Z';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JRSGZT9HCM13AFPA0CC', 'usr_01M8E33JRS509RWMP73RCTC5FS', '2026-11-27T08:49:15.033Z', 'user.sign_up', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'a0153ef5-f869-4119-8d1f-ed8e3c195dfa', '{}');

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values ('usr_01M8E33JRS509RWMP73RCTC5FS', 'ada', 'ada@example.com', 'ada', '$argon2id$v=19$m=19456,t=2,p=1$4X1pwBrzP1GxK3Ihvj1Mrg$yLVA83hYz8eMrvOrLhbwBZ5WKZEjCCbKr1yzDdk+e1U', false, '2026-11-27T08:49:15.033Z');

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E33JRSP2BZWPQYECTQPW0T', 'usr_01M8E33JRS509RWMP73RCTC5FS', E'\\x499227d17d13bc3bea8651a781df5bf18ac7ba71f29e67a7058f3550aa5e4348', '2026-11-27T08:49:15.033Z', '2026-11-28T08:49:15.033Z', '127.0.0.1', 'node', null);

-- 21-change-password.graphql: 9 distinct, 5 of them above

select "u0".*
  from "user_account" as "u0"
  where "u0"."id" = 'usr_01M8E33GFCQ010N7MRBT4J8A6S' limit 1;

update "user_account" set "password_hash" = '$argon2id$v=19$m=19456,t=2,p=1$cd2qx15zNP5H29bJ0F9PfA$EfdbmA0FgRQ0KOZKCMJIGX8EgG9ClWK9yG8Xrpartxc'
  where "id" = 'usr_01M8E33GFCQ010N7MRBT4J8A6S' and "password_hash" = '$argon2id$v=19$m=19456,t=2,p=1$8Kkrz37L3jxrxDaPiripyg$+sZlh9ZdviCvInDyBbriA93m32G3rsDLinPjljdwk/U';

delete
  from "session"
  where "user_id" = 'usr_01M8E33GFCQ010N7MRBT4J8A6S' and "id" != 'ses_01M8E33HESFTN974RV46NBWN3V';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33JXY4PPDYN44PKMSVV3T', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:15.198Z', 'user.password_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'admin', '127.0.0.1', 'node', '56e8804d-2e5b-4750-8f32-2ba8c56b42ca', '{}');

-- 22-sign-out.graphql: 5 distinct, 3 of them above

delete
  from "session"
  where "id" = 'ses_01M8E33HESFTN974RV46NBWN3V';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33K29BMJTQK49WMXS99GT', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:15.337Z', 'user.sign_out', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'admin', '127.0.0.1', 'node', '5864e1c3-47ff-4ed4-bd7a-5c4a9e05bde3', '{}');

-- 23-user.graphql: 2 distinct, 1 of them above

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "username" = $1;

-- 24-node.graphql: 2

-- 25-rotate-token.graphql: 12

delete from "access_token_secret"
  where "namespace_id" = ? and "token_id" = ? and "expires_at" < ?;

select "id", "expires_at" as "expiresAt", "last_used_at" as "lastUsedAt"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and ("expires_at" is null or "expires_at" > $3);

update "access_token_secret" set "expires_at" = least(expires_at, case when expires_at is null then $1::timestamptz else $2::timestamptz end)
  where "id" = any($3) and "namespace_id" = $4 and "token_id" = $5;

-- 28-refused-attempts.graphql: 4
-- 24-node.graphql: 2 distinct, 2 of them above

-- 25-rotate-token.graphql: 12 distinct, 6 of them above

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = 'tok_01M8E33K6ARNNZJYZJ8V6SMG8M' limit 1 for update;

delete
  from "access_token_secret"
  where "namespace_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "token_id" = 'tok_01M8E33K6ARNNZJYZJ8V6SMG8M' and "expires_at" < '2026-10-28T08:49:15.510Z';

select "id", "expires_at", "last_used_at"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and ("expires_at" is null or "expires_at" > $3);

update "access_token_secret" set "expires_at" = case when expires_at is null then $1::timestamptz else $2::timestamptz end
  where "id" = any($3) and "namespace_id" = $4 and "token_id" = $5;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33K7PHJC4GCCEH0VF2W0Y', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:15.510Z', 'access_token.rotate', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33K6ARNNZJYZJ8V6SMG8M', 'ci', 'ci', '127.0.0.1', 'node', '6a9f3090-e8a9-446d-af6a-d45b4fd800b4', '{"graceSeconds":"3600","oldSecretEndsAt":"2026-11-27T09:49:15.510Z"}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E33K7PPKQGD880Q9GWC1DT', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'tok_01M8E33K6ARNNZJYZJ8V6SMG8M', E'\\x36b98c5ad21e8fd5b78874f7d7abedf9f889fd0bc37ce3ac283083a78eb162e4', 'lCNp', '2026-11-27T08:49:15.510Z', null, null, null);

-- 28-refused-attempts.graphql: 4 distinct, 1 of them above

select "r"."last_at" as "at", "r"."first_at" as "firstAt", "r"."attempts", "r"."reason", host(r.ip_address) as "ipAddress", "r"."client", "r"."repository", r.permission as "permission"
  from "refused_attempt" as "r"
  where "r"."namespace_id" = $1 and "r"."token_id" is null
  order by "r"."last_at" desc limit $2;

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId"
  from "access_token" as "t"
  where "t"."namespace_id" = $1 and "t"."id" < $2
  order by "t"."id" desc limit $3;

select "r"."last_at" as "at", "r"."first_at" as "firstAt", "r"."attempts", "r"."reason", host(r.ip_address) as "ipAddress", "r"."client", "r"."repository", r.permission as "permission", r.token_id as "tokenId"
  from "refused_attempt" as "r"
  where "r"."namespace_id" = $1 and "r"."token_id" = any($2)
  order by "r"."last_at" desc;

-- 29-explain-access.graphql: 5
-- 29-explain-access.graphql: 5 distinct, 3 of them above

select hash as "hash"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and "expires_at" is null;

select s.hash as "hash", s.id as "secret_id", s.hint as "hint", s.expires_at as "expires_at", s.last_used_at as "last_used_at", s.refused_at as "refused_at", t.deactivated_at as "deactivated_at", t.expires_at as "token_expires_at", t.namespace_id as "namespace_id", t.id as "token_id", t.label as "label", (
    select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path, 'repositoryNamespace', case when c.repository_namespace_id <> c.namespace_id then (select n.name
          from namespace n
          where n.id = c.repository_namespace_id) end, 'permissions', c.permissions)
      order by c.position)
    from access_token_scope c
    left join repository r on r.id = c.repository_id
    where c.namespace_id = t.namespace_id and c.token_id = t.id ) as "scopes", "t"."pull_limit", "o"."id" as "organization_id", "o"."name" as "organization_name", "o"."plan"
  from "access_token_secret" as "s"
  inner join "access_token" as "t" on "t"."namespace_id" = "s"."namespace_id" and "t"."id" = "s"."token_id"
  inner join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "s"."hash" = any($1);

-- 30-generate-personal-token.graphql: 12
select s.hash as "hash", "s"."id" as "secret_id", "s"."hint", "s"."expires_at", "s"."last_used_at", "s"."refused_at", "t"."deactivated_at", "t"."expires_at" as "token_expires_at", "t"."namespace_id", "t"."id" as "token_id", "t"."label", "t"."pull_limit", "o"."id" as "organization_id", "o"."name" as "organization_name", "o"."plan", ( select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path, 'repositoryNamespace', case when c.repository_namespace_id <> c.namespace_id then (select n.name
  from namespace n
  where n.id = c.repository_namespace_id) end, 'permissions', c.permissions)
  order by c.position)
  from access_token_scope c
  left
  join repository r on r.id = c.repository_id
  where c.namespace_id = t.namespace_id and c.token_id = t.id ) as "scopes"
  from "access_token_secret" as "s"
  inner
  join "access_token" as "t" on "t"."namespace_id" = "s"."namespace_id" and "t"."id" = "s"."token_id"
  inner
  join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "s"."hash" = any($1);

-- 30-generate-personal-token.graphql: 12 distinct, 6 of them above

select "id"
  from "user_account"
  where "id" = $1 for no key update;

select "at"
  from "activity_event"
  where "namespace_id" = $1 and "id" >= $2 and "action" = $3
  order by "id" desc limit $4;

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values (?, ?, ?, ?, null, ?, ?, null, null, ?, null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values (?, 0, ?, ?, null, null, ?);

-- 31-sign-in-device.graphql: 16
insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KBK0YR3MC4J96M3AQGN', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:15.635Z', 'access_token.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33KBK4VFS8WR3VW4DSWKR', 'laptop', 'laptop', '127.0.0.1', 'node', '99ddf829-d01e-4b3d-8d28-e9b449c6f151', '{"access":"READ_WRITE","expiresAt":"never","scopes":"*/*"}');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E33KBK4VFS8WR3VW4DSWKR', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'laptop', 'My own pushes', null, '2026-11-27T08:49:15.635Z', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', null, null, 'READ_WRITE', null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E33KBK4VFS8WR3VW4DSWKR', 0, 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'REACHABLE_REPOSITORIES', null, null, '{IMAGE_PUSH,REPOSITORY_READ}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E33KBKN088XQBPY7J3C677', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'tok_01M8E33KBK4VFS8WR3VW4DSWKR', E'\\x641a60819747285b635c4edc134b2235a923c40cd2a273f6fec3c09bdda41f26', 'fR2p', '2026-11-27T08:49:15.635Z', null, null, null);

-- 31-sign-in-device.graphql: 16 distinct, 7 of them above

select "id"
  from "user_account"
  where "id" = $1 and "password_hash" = $2 for no key update;

select "s"."id" as "sessionId", "s"."device_name" as "deviceName", "t"."id", "t"."label"
  from "session" as "s"
  inner join "access_token" as "t" on "t"."session_id" = "s"."id"
  where "s"."user_id" = $1
  order by "s"."id" for update of "s";

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values (?, ?, ?, ?, ?, ?, ?, ?);

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values (?, ?, ?, null, null, ?, ?, ?, null, ?, ?);

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
    from company_owner c
    join organization o on o.company_id = c.company_id
    where c.user_id = u.id ) as "owned", s.hash as "hash", s.id as "secret_id", s.hint as "hint", s.expires_at as "expires_at", s.last_used_at as "last_used_at", s.refused_at as "refused_at", t.deactivated_at as "deactivated_at", t.expires_at as "token_expires_at", t.namespace_id as "namespace_id", t.id as "token_id", t.label as "label", (
    select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path, 'repositoryNamespace', case when c.repository_namespace_id <> c.namespace_id then (select n.name
          from namespace n
          where n.id = c.repository_namespace_id) end, 'permissions', c.permissions)
      order by c.position)
    from access_token_scope c
    left join repository r on r.id = c.repository_id
    where c.namespace_id = t.namespace_id and c.token_id = t.id ) as "scopes", t.access as "access", "t"."session_id"
  from "user_account" as "u"
  inner join "access_token" as "t" on "t"."namespace_id" = "u"."id"
  inner join "access_token_secret" as "s" on "s"."namespace_id" = "t"."namespace_id" and "s"."token_id" = "t"."id"
  where "s"."hash" = any($1);

-- 32-personal-tokens.graphql: 7
delete
  from "session"
  where "user_id" = 'usr_01M8E33GFCQ010N7MRBT4J8A6S' and "expires_at" <= '2026-11-27T08:49:15.678Z';

select "s"."id" as "sessionId", "s"."device_name" as "deviceName", "t"."id", "t"."label"
  from "session" as "s"
  inner
  join "access_token" as "t" on "t"."session_id" = "s"."id"
  where "s"."user_id" = $1
  order by "s"."id" for update of "s";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KCYANRVTXGS1H07PN62', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:15.678Z', 'user.device_sign_in', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', 'tok_01M8E33KCYBMZA53YSKW1B13RH', 'desktop', 'desktop', '127.0.0.1', 'node', '8741a99c-7323-4db2-ba1f-b2c214b80f56', '{"expiresAt":"2027-02-25T08:49:15.678Z"}');

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E33KCYQ5NE1K4JTECHQJDK', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', E'\\xdd0233b38cbab36ffbdfb0639f23c91f344b803408015963297839b064cd692f', '2026-11-27T08:49:15.678Z', '2027-02-25T08:49:15.678Z', '127.0.0.1', 'node', 'desktop');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E33KCYBMZA53YSKW1B13RH', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'desktop', null, null, '2026-11-27T08:49:15.678Z', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2027-02-25T08:49:15.678Z', null, 'READ_WRITE_DELETE', 'ses_01M8E33KCYQ5NE1K4JTECHQJDK');

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E33KCYBMZA53YSKW1B13RH', 0, 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'REACHABLE_REPOSITORIES', null, null, '{IMAGE_DELETE,REPOSITORY_READ}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E33KCYCJ2XDPE7GTJDX98J', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'tok_01M8E33KCYBMZA53YSKW1B13RH', E'\\xdd0233b38cbab36ffbdfb0639f23c91f344b803408015963297839b064cd692f', '7yR9', '2026-11-27T08:49:15.678Z', null, null, null);

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
  from membership m
  join organization o on o.id = m.organization_id
  where m.user_id = u.id ) as "memberships", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
  from company_owner c
  join organization o on o.company_id = c.company_id
  where c.user_id = u.id ) as "owned", s.hash as "hash", "s"."id" as "secret_id", "s"."hint", "s"."expires_at", "s"."last_used_at", "s"."refused_at", "t"."deactivated_at", "t"."expires_at" as "token_expires_at", "t"."namespace_id", "t"."id" as "token_id", "t"."label", t.access as "access", "t"."session_id", ( select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path, 'repositoryNamespace', case when c.repository_namespace_id <> c.namespace_id then (select n.name
  from namespace n
  where n.id = c.repository_namespace_id) end, 'permissions', c.permissions)
  order by c.position)
  from access_token_scope c
  left
  join repository r on r.id = c.repository_id
  where c.namespace_id = t.namespace_id and c.token_id = t.id ) as "scopes"
  from "user_account" as "u"
  inner
  join "access_token" as "t" on "t"."namespace_id" = "u"."id"
  inner
  join "access_token_secret" as "s" on "s"."namespace_id" = "t"."namespace_id" and "s"."token_id" = "t"."id"
  where "s"."hash" = any($1);

-- 32-personal-tokens.graphql: 6 distinct, 5 of them above

select count(*) as "count"
  from "access_token" as "t"
  where "t"."namespace_id" = $1;

-- 34-create-webhook.graphql: 8

select count(*) as "count"
  from "webhook"
  where "namespace_id" = $1;

insert into "webhook" ("id", "namespace_id", "url", "description", "events", "is_active", "encrypted_secret", "created_at")
  values (?, ?, ?, null, ?, true, ?, ?);

-- 35-webhooks.graphql: 5
-- 34-create-webhook.graphql: 8 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "id" = $1 for no key update;

select count(*) as "count"
  from "webhook" as "w0"
  where "w0"."namespace_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3';

insert into "webhook" ("id", "namespace_id", "url", "description", "events", "is_active", "encrypted_secret", "created_at")
  values ('whk_01M8E33KGR5FA9KJKR53ESAHET', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'http://127.0.0.1:9/', null, '{TOKEN_EXPIRED}', true, E'\\xe8b83d1e9fd9fc50041699e2cea8a268b8f00e81a7e2142d7d1bfad1edb77f78d098403b6eccb4ac986b2b763e09760b960363035fce3270eae69d97', '2026-11-27T08:49:15.800Z');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KGRQK7RAJQTWWXABMPX', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:15.800Z', 'webhook.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '7ed02877-e300-4e62-ae79-bfab16b74290', '{"events":"TOKEN_EXPIRED"}');

-- 35-webhooks.graphql: 5 distinct, 1 of them above

select "id", "namespace_id" as "organizationId", "url", "description", events as "events", "is_active" as "isActive", "created_at" as "createdAt"
  from "webhook"
  where "namespace_id" = $1
  order by "id" limit $2;

select "delivery".*, "w"."webhook_id" as "webhookId"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, webhook_id)
  inner join lateral (select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
    from "delivery" as "d"
    inner join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
    inner join "namespace" as "s" on "s"."id" = "d"."namespace_id"
    where d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text) and "d"."id" < $5
    order by "d"."id" desc limit $6) as "delivery" on true
select count(*) as "count"
  from "webhook"
  where "namespace_id" = $1;

select "delivery".*, "w"."webhook_id" as "webhookId"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, webhook_id)
  inner
  join lateral (select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
  from "delivery" as "d"
  inner
  join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
  inner
  join "namespace" as "s" on "s"."id" = "d"."namespace_id"
  where d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text) and "d"."id" < $5
  order by "d"."id" desc limit $6) as "delivery" on true
  order by "delivery"."id" desc;

select "w"."webhook_id" as "webhookId", count(*)::int as "count"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, webhook_id)
  inner join "delivery" as "d" on d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text)
  group by "w"."webhook_id";

-- 36-update-webhook.graphql: 6

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = ? limit 1 for update;

update "webhook" set "events" = ?
  where "id" = ?;

-- 37-rotate-webhook-secret.graphql: 6

update "webhook" set "encrypted_secret" = ?, "encrypted_previous_secret" = ?, "previous_secret_ends_at" = ?
  where "id" = ?;

-- 38-replay-webhook-delivery.graphql: 8

select "d0".*
  from "delivery" as "d0"
  where "d0"."id" = ? limit 1 for update;

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = ? limit 1;

update "delivery" set "attempts" = 0, "next_attempt_at" = ?, "error" = null
  where "id" = ?;

select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
  from "delivery" as "d"
  inner join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
  inner join "namespace" as "s" on "s"."id" = "d"."namespace_id"
  where "d"."id" = $1;

-- 39-delete-webhook.graphql: 6

delete from "webhook"
  where "id" in (?);

-- 50-invite-members.graphql: 11

select "u"."id" as "userId", m.user_id is not null as "isMember", lower(g.text) as "folded"
  from unnest($1::text[]) with ordinality as g(text, position)
  left join "user_account" as "u" on "u"."username" = "g"."text"
  left join "membership" as "m" on "m"."user_id" = "u"."id" and "m"."organization_id" = $2
  order by "g"."position";

delete from "invite"
  where "organization_id" = ? and "expires_at" <= ?;
  inner
  join "delivery" as "d" on d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text)
  group by "w"."webhook_id";

-- 36-update-webhook.graphql: 6 distinct, 3 of them above

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = 'whk_01M8E33KGR5FA9KJKR53ESAHET' limit 1 for update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KMCFMGB6FCH7BS0519E', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:15.916Z', 'webhook.update', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '6f83ebe6-2f18-4ff9-9f2d-ef14d7e2f92e', '{"events":"TOKEN_EXPIRING TOKEN_EXPIRED"}');

update "webhook" set "events" = '{TOKEN_EXPIRING,TOKEN_EXPIRED}'
  where "id" = 'whk_01M8E33KGR5FA9KJKR53ESAHET';

-- 37-rotate-webhook-secret.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KNEA74TS5SAB5DC8T5B', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:15.950Z', 'webhook.secret_rotate', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '0821fe55-889e-4ed3-82a8-555c2e00022b', '{}');

update "webhook" set "encrypted_secret" = E'\\xe933af004e4486f1f0168fbc663cbad40030fad22627faffe6665308f94f07e63bef7f4013691a17d071e2acb44b095628d84823cb74315a93593156', "encrypted_previous_secret" = E'\\xe8b83d1e9fd9fc50041699e2cea8a268b8f00e81a7e2142d7d1bfad1edb77f78d098403b6eccb4ac986b2b763e09760b960363035fce3270eae69d97', "previous_secret_ends_at" = '2026-11-28T08:49:15.950Z'
  where "id" = 'whk_01M8E33KGR5FA9KJKR53ESAHET';

-- 38-replay-webhook-delivery.graphql: 8 distinct, 3 of them above

select "d0".*
  from "delivery" as "d0"
  where "d0"."id" = 'whd_01M8E33KJJ9K8D1G5NSW9CD83E' limit 1 for update;

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = 'whk_01M8E33KGR5FA9KJKR53ESAHET' limit 1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KPMWTAZRK9XAQZ1WND7', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:15.988Z', 'webhook.replay', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '08cd2138-9b97-4704-a395-91d5ac322a68', '{"delivery":"whd_01M8E33KJJ9K8D1G5NSW9CD83E"}');

update "delivery" set "next_attempt_at" = '2026-11-27T08:49:15.988Z'
  where "id" = 'whd_01M8E33KJJ9K8D1G5NSW9CD83E';

select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
  from "delivery" as "d"
  inner
  join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
  inner
  join "namespace" as "s" on "s"."id" = "d"."namespace_id"
  where "d"."id" = $1;

-- 39-delete-webhook.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33KVHV5ABSFZD4DYMA5QF', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.145Z', 'webhook.delete', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', 'd28f2edf-97e0-4976-837e-f56e51c8bee7', '{}');

delete
  from "webhook"
  where "id" in ('whk_01M8E33KGR5FA9KJKR53ESAHET');

-- 50-invite-members.graphql: 11 distinct, 5 of them above

select "u"."id" as "userId", m.user_id is not null as "isMember", lower(g.text) as "folded"
  from unnest($1::text[]) with ordinality as g(text, position)
  left
  join "user_account" as "u" on "u"."username" = "g"."text"
  left
  join "membership" as "m" on "m"."user_id" = "u"."id" and "m"."organization_id" = $2
  order by "g"."position";

delete
  from "invite"
  where "organization_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "expires_at" <= '2026-11-27T08:49:16.199Z';

insert into "invite" ("organization_id", "id", "user_id", "email", "role", "group_id", "invited_by_id", "created_at", "expires_at")
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (organization_id, user_id)
  where "user_id" is not null do update set "email" = "excluded"."email", "role" = "excluded"."role", "group_id" = "excluded"."group_id", "invited_by_id" = "excluded"."invited_by_id", "expires_at" = "excluded"."expires_at"
  where "invite"."role" in ($10, $11, $12)
  returning "id";

insert into "invite" ("organization_id", "id", "user_id", "email", "role", "group_id", "invited_by_id", "created_at", "expires_at")
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (organization_id, lower(email))
  where "email" is not null do update set "email" = "excluded"."email", "role" = "excluded"."role", "group_id" = "excluded"."group_id", "invited_by_id" = "excluded"."invited_by_id", "expires_at" = "excluded"."expires_at"
  where "invite"."role" in ($10, $11, $12)
  returning "id";

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
    from organization o
    where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
      from user_account u
      where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from organization o
  where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
  from user_account u
  where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."id" = any($2);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?);

-- 51-invites.graphql: 4

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
    from organization o
    where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
      from user_account u
      where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  values ('evt_01M8E33KX7AGTN4NT7RSGZVA28', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.199Z', 'member.invite', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'grace@example.com', '127.0.0.1', 'node', '61f6149a-efbf-41fe-b3e4-13aeb1caa460', '{"role":"EDITOR"}'), ('evt_01M8E33KX7XDFMYV4N68G7D09W', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.199Z', 'member.invite', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', '61f6149a-efbf-41fe-b3e4-13aeb1caa460', '{"role":"EDITOR"}');

-- 51-invites.graphql: 4 distinct, 2 of them above

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
  from organization o
  where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
  from user_account u
  where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."expires_at" > $2 and "i"."id" < $3
  order by "i"."id" desc limit $4;

select count(*) as "count"
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."expires_at" > $2;

-- 52-cancel-invite.graphql: 6

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
    from organization o
    where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
      from user_account u
      where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt", coalesce( i.user_id = $1 or lower(i.email) = lower($2::text), false ) as "isForCaller"
  from "invite" as "i"
  where "i"."id" = $3 and "i"."expires_at" > $4;

delete from "invite"
  where "id" = ?;

-- 53-viewer-invites.graphql: 3

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
    from organization o
    where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
      from user_account u
      where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
-- 52-cancel-invite.graphql: 6 distinct, 3 of them above

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
  from organization o
  where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
  from user_account u
  where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt", coalesce(i.user_id = $1 or lower(i.email) = lower($2::text), false) as "isForCaller"
  from "invite" as "i"
  where "i"."id" = $3 and "i"."expires_at" > $4;

delete
  from "invite"
  where "id" = 'inv_01M8E33KX73N80W36N4AVY25SV';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33M0G8GMMNP1GPE51KNME', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.304Z', 'invite.cancel', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'grace@example.com', '127.0.0.1', 'node', 'e4141a33-4157-411a-82eb-ce0adbea21ea', '{"role":"EDITOR"}');

-- 53-viewer-invites.graphql: 3 distinct, 2 of them above

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
  from organization o
  where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
  from user_account u
  where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from "invite" as "i"
  where (i.user_id = $1 or lower(i.email) = lower($2::text)) and "i"."expires_at" > $3
  order by "i"."id" desc limit $4;

-- 54-accept-invite.graphql: 11
-- 54-accept-invite.graphql: 10 distinct, 6 of them above

select "o"."id"
  from "organization" as "o"
  where "o"."id" = $1 and (exists (select "m"."user_id"
      from "membership" as "m"
      where "m"."organization_id" = "o"."id" and "m"."user_id" = $2 and "m"."role" = $3) or exists (select "c"."user_id"
      from "company_owner" as "c"
      where "c"."company_id" = "o"."company_id" and "c"."user_id" = $4));

delete from "invite"
  where "organization_id" = $1 and (user_id = $2 or lower(email) = (select lower(u.email)
      from user_account u
      where u.id = $3));

-- 55-members.graphql: 4

select *
  from (select "m"."user_id" as "userId", "u"."username", "m"."role", "m"."joined_at" as "joinedAt"
    from "membership" as "m"
    inner join "user_account" as "u" on "u"."id" = "m"."user_id"
    where "m"."organization_id" = $1 offset $2) as "member"
  from "membership" as "m"
  where "m"."organization_id" = "o"."id" and "m"."user_id" = $2 and "m"."role" = $3) or exists (select "c"."user_id"
  from "company_owner" as "c"
  where "c"."company_id" = "o"."company_id" and "c"."user_id" = $4));

delete
  from "invite"
  where "id" = 'inv_01M8E33KX7WJTADMW6KDPD6KSN';

delete
  from "invite"
  where "organization_id" = $1 and (user_id = $2 or lower(email) = (select lower(u.email)
  from user_account u
  where u.id = $3));

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33M42495DQBNRZDD174ZG', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.418Z', 'invite.accept', 'USER', 'usr_01M8E33JRS509RWMP73RCTC5FS', 'ada', null, null, 'ada', '127.0.0.1', 'node', 'b8687d14-da49-4fab-ba4c-6bc1d0c19c0d', '{"role":"EDITOR"}');

-- 55-members.graphql: 4 distinct, 2 of them above

select *
  from (select "m"."user_id" as "userId", "u"."username", "m"."role", "m"."joined_at" as "joinedAt"
  from "membership" as "m"
  inner
  join "user_account" as "u" on "u"."id" = "m"."user_id"
  where "m"."organization_id" = $1 offset $2) as "member"
  order by "username" limit $3;

select count(*) as "count"
  from "membership" as "m"
  inner join "user_account" as "u" on "u"."id" = "m"."user_id"
  where "m"."organization_id" = $1;

-- 56-change-member-role.graphql: 9

select "u"."id" as "userId", "u"."username", "m"."role", "m"."joined_at" as "joinedAt"
  from "user_account" as "u"
  inner join "membership" as "m" on "m"."user_id" = "u"."id"
  where "u"."username" = $1 and "m"."organization_id" = $2;

update "membership" set "role" = ?
  where "organization_id" = ? and "user_id" = ?;

-- 57-remove-member.graphql: 11

delete from "membership"
  where "organization_id" = ? and "user_id" = ?;

delete from "invite"
  where "organization_id" = $1 and "invited_by_id" = $2;

-- 60-create-group.graphql: 6

insert into "member_group" ("id", "organization_id", "name", "description", "created_at")
  values (?, ?, ?, ?, ?);

-- 61-add-group-member.graphql: 10

select "g0".*
  from "member_group" as "g0"
  where "g0"."id" = ? limit 1 for update;

select "u"."id" as "userId"
  from "user_account" as "u"
  inner join "membership" as "m" on "m"."user_id" = "u"."id"
  inner
  join "user_account" as "u" on "u"."id" = "m"."user_id"
  where "m"."organization_id" = $1;

-- 56-change-member-role.graphql: 9 distinct, 6 of them above

select "u"."id" as "userId", "u"."username", "m"."role", "m"."joined_at" as "joinedAt"
  from "user_account" as "u"
  inner
  join "membership" as "m" on "m"."user_id" = "u"."id"
  where "u"."username" = $1 and "m"."organization_id" = $2;

update "membership" set "role" = 'MEMBER'
  where "organization_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "user_id" = 'usr_01M8E33JRS509RWMP73RCTC5FS';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33M6G393JY6JRRS6X3PEP', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.496Z', 'member.role_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', '2da51457-a3d3-4584-8fbe-70131ae05681', '{"from":"EDITOR","to":"MEMBER"}');

-- 57-remove-member.graphql: 11 distinct, 8 of them above

delete
  from "membership"
  where "organization_id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "user_id" = 'usr_01M8E33JRS509RWMP73RCTC5FS';

delete
  from "invite"
  where "organization_id" = $1 and "invited_by_id" = $2;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33M777P13CQE0ESF8P17Z', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.519Z', 'member.remove', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'a35a9096-9afc-4738-81f4-3bc87b0e927b', '{"role":"MEMBER"}');

-- 60-create-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33M82JETSGMZ87EC8SWMX', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.546Z', 'group.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'developers', '127.0.0.1', 'node', '5c96ed6c-3f7c-4a9e-83f9-0f803465ed0b', '{}');

insert into "member_group" ("id", "organization_id", "name", "description", "created_at")
  values ('grp_01M8E33M82C136SBESFHFPHG9Y', 'org_01M8E33HQ4YDAKHSV85X89PGM3', 'developers', 'Those who build the API', '2026-11-27T08:49:16.546Z');

-- 61-add-group-member.graphql: 10 distinct, 4 of them above

select "g0".*
  from "member_group" as "g0"
  where "g0"."id" = 'grp_01M8E33M82C136SBESFHFPHG9Y' limit 1 for update;

select "u"."id" as "userId"
  from "user_account" as "u"
  inner
  join "membership" as "m" on "m"."user_id" = "u"."id"
  where "u"."username" = $1 and "m"."organization_id" = $2 for key share of "m";

insert into "group_membership" ("organization_id", "group_id", "user_id", "joined_at")
  values ($1, $2, $3, $4)
  on conflict do nothing
  returning "user_id";

select "w"."group_id" as "groupId", "member"."userId", "member"."username", "member"."role", "member"."joinedAt"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, group_id)
  inner join lateral (select "u"."id" as "userId", "u"."username", "m"."role", "g"."joined_at" as "joinedAt"
    from "group_membership" as "g"
    inner join "membership" as "m" on "m"."organization_id" = "g"."organization_id" and "m"."user_id" = "g"."user_id"
    inner join "user_account" as "u" on "u"."id" = "g"."user_id"
    where "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id" and "u"."username" > $3
    order by "u"."username" limit $4) as "member" on true
insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MBAEPVJD03T45GMWX3H', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.650Z', 'group.member_add', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'developers', '127.0.0.1', 'node', 'dae858b2-f31d-49fe-b06a-690378a5bb8f', '{"member":"admin"}');

select "w"."group_id" as "groupId", "member"."userId", "member"."username", "member"."role", "member"."joinedAt"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, group_id)
  inner
  join lateral (select "u"."id" as "userId", "u"."username", "m"."role", "g"."joined_at" as "joinedAt"
  from "group_membership" as "g"
  inner
  join "membership" as "m" on "m"."organization_id" = "g"."organization_id" and "m"."user_id" = "g"."user_id"
  inner
  join "user_account" as "u" on "u"."id" = "g"."user_id"
  where "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id" and "u"."username" > $3
  order by "u"."username" limit $4) as "member" on true
  order by "member"."username";

select "w"."group_id" as "groupId", count(*)::int as "count"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, group_id)
  inner join "group_membership" as "g" on "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id"
  group by "w"."group_id";

-- 62-set-group-repository-access.graphql: 9
  inner
  join "group_membership" as "g" on "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id"
  group by "w"."group_id";

-- 62-set-group-repository-access.graphql: 9 distinct, 5 of them above

select "id"
  from "repository"
  where "id" = $1 for key share;

insert into "group_repository" ("organization_id", "repository_id", "group_id", "access")
  values ($1, $2, $3, $4)
  on conflict ("organization_id", "repository_id", "group_id") do update set "access" = $5
  where "group_repository"."access" <> $6
  returning "access";

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when $1 <> '' then (
    select g.access
    from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = $2
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess", "a"."group_id" as "groupId", "a"."access"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  inner join "group_repository" as "a" on "a"."organization_id" = "r"."namespace_id" and "a"."repository_id" = "r"."id"
  inner join unnest( $3::text[], $4::text[] ) as w (organization_id, group_id) on "w"."organization_id" = "a"."organization_id" and "w"."group_id" = "a"."group_id"
  order by "r"."path" limit $5;

-- 63-groups.graphql: 7
insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MCQQSPPYA9VX170PZKR', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.695Z', 'group.repository_access', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'developers', '127.0.0.1', 'node', '60898a35-dc07-4aff-bbca-46f419c2c6c1', '{"repository":"acme/api","access":"WRITE"}');

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when $1 <> '' then ( select g.access
  from group_repository g
  join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
  where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = $2
  order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess", "a"."group_id" as "groupId", "a"."access"
  from "repository" as "r"
  inner
  join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  inner
  join "group_repository" as "a" on "a"."organization_id" = "r"."namespace_id" and "a"."repository_id" = "r"."id"
  inner
  join unnest( $3::text[], $4::text[] ) as w (organization_id, group_id) on "w"."organization_id" = "a"."organization_id" and "w"."group_id" = "a"."group_id"
  order by "r"."path" limit $5;

-- 63-groups.graphql: 7 distinct, 5 of them above

select "id", "organization_id" as "organizationId", "name", "description"
  from "member_group"
  where "organization_id" = $1
  order by "name" limit $2;

select count(*) as "count"
  from "member_group"
  where "organization_id" = $1;

-- 64-update-group.graphql: 6

update "member_group" set "name" = ?
  where "id" = ?;

-- 65-remove-group-member.graphql: 9

delete from "group_membership"
  where "organization_id" = $1 and "group_id" = $2 and "user_id" = $3
  returning "user_id";

-- 66-delete-group.graphql: 6

delete from "member_group"
  where "id" in (?);

-- 70-create-company.graphql: 9
-- 64-update-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MF20Q9GRWHNZRQ2ZBN1', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.770Z', 'group.update', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'developers', '127.0.0.1', 'node', 'bc766acf-ae15-454d-8527-21e41e305561', '{"name":"api-developers"}');

update "member_group" set "name" = 'api-developers'
  where "id" = 'grp_01M8E33M82C136SBESFHFPHG9Y';

-- 65-remove-group-member.graphql: 9 distinct, 7 of them above

delete
  from "group_membership"
  where "organization_id" = $1 and "group_id" = $2 and "user_id" = $3
  returning "user_id";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MGKS75T3F39WJ33YRBV', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.819Z', 'group.member_remove', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'api-developers', '127.0.0.1', 'node', '89442791-69fc-428b-a568-dcdb1937da5a', '{"member":"admin"}');

-- 66-delete-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MJAV0HW1V1749EWK62Q', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.874Z', 'group.delete', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'api-developers', '127.0.0.1', 'node', '0fb26214-8b01-47a7-a4ff-7acd96ea9c5b', '{}');

delete
  from "member_group"
  where "id" in ('grp_01M8E33M82C136SBESFHFPHG9Y');

-- 70-create-company.graphql: 9 distinct, 3 of them above

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "username" = any($1);

insert into "company" ("id", "name", "created_at")
  values (?, ?, ?);

insert into "company_owner" ("company_id", "user_id")
  values (?, ?);

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt", "company_id" as "companyId"
  from "user_account"
  inner join "company_owner" on "user_id" = "id"
  where "company_id" = any($1)
  order by "username";

-- 71-add-organization-to-company.graphql: 11

select "c"."id", "c"."name", exists (
    select
    from company_owner own
    where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  values ('com_01M8E33MKTQH8PD87F25QS5GJ8', 'holding', '2026-11-27T08:49:16.922Z');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MKTH17MPFN6BH6NZ7PZ', 'usr_01M8E33JRS509RWMP73RCTC5FS', '2026-11-27T08:49:16.922Z', 'company.owner_add', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'bd7bd122-b65e-431b-aa19-2262a2214311', '{"company":"holding"}'), ('evt_01M8E33MKTXHK1FVPGVGMYYVYV', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:16.922Z', 'company.create', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'holding', '127.0.0.1', 'node', 'bd7bd122-b65e-431b-aa19-2262a2214311', '{"owners":"ada"}');

insert into "company_owner" ("company_id", "user_id")
  values ('com_01M8E33MKTQH8PD87F25QS5GJ8', 'usr_01M8E33JRS509RWMP73RCTC5FS');

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
  from membership m
  join organization o on o.id = m.organization_id
  where m.user_id = u.id ) as "memberships", ( select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
  from company_owner c
  join organization o on o.company_id = c.company_id
  where c.user_id = u.id ) as "owned"
  from "user_account" as "u"
  where "u"."id" = $1;

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt", "company_id" as "companyId"
  from "user_account"
  inner
  join "company_owner" on "user_id" = "id"
  where "company_id" = any($1)
  order by "username";

-- 71-add-organization-to-company.graphql: 11 distinct, 6 of them above

select "c"."id", "c"."name", exists ( select
  from company_owner own
  where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  from "company" as "c"
  where "c"."name" = $2;

select "id"
  from "company"
  where "id" = $1 for no key update;

update "organization" set "company_id" = ?
  where "id" = ?;
update "organization" set "company_id" = 'com_01M8E33MKTQH8PD87F25QS5GJ8'
  where "id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MNMD2XZSYCD284GAAZR', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:16.980Z', 'organization.company_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'e6df4e5b-439e-447d-89e5-0b4f8418c0ea', '{"to":"holding"}');

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "company_id" = any($1);

-- 72-add-company-owner.graphql: 11
-- 72-add-company-owner.graphql: 11 distinct, 8 of them above

insert into "company_owner" ("company_id", "user_id")
  values ($1, $2)
  on conflict do nothing
  returning "user_id";

select "id"
  from "organization"
  where "company_id" = $1;

-- 73-company.graphql: 4

-- 74-companies.graphql: 4

select "c"."id", "c"."name", exists (
    select
    from company_owner own
    where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  from "company" as "c"
  inner join "company_owner" as "o" on "o"."company_id" = "c"."id"
  where "o"."user_id" = $2
  order by "c"."name";

-- 75-remove-company-owner.graphql: 12
insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MQ1JACWAWN6FRRR8JF8', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', '2026-11-27T08:49:17.025Z', 'company.owner_add', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'admin', '127.0.0.1', 'node', '3a2b5b62-f93c-4c94-96d1-115cfea716f6', '{"company":"holding"}'), ('evt_01M8E33MQ16ZE5E3NGTHT9XCFA', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.025Z', 'company.owner_add', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'admin', '127.0.0.1', 'node', '3a2b5b62-f93c-4c94-96d1-115cfea716f6', '{"company":"holding"}');

-- 73-company.graphql: 4 distinct, 4 of them above

-- 74-companies.graphql: 4 distinct, 3 of them above

select "c"."id", "c"."name", exists ( select
  from company_owner own
  where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  from "company" as "c"
  inner
  join "company_owner" as "o" on "o"."company_id" = "c"."id"
  where "o"."user_id" = $2
  order by "c"."name";

-- 75-remove-company-owner.graphql: 12 distinct, 9 of them above

select "user_id"
  from "company_owner"
  where "company_id" = $1;

delete from "company_owner"
  where "company_id" = ? and "user_id" = ?;

-- 76-remove-organization-from-company.graphql: 9

update "organization" set "company_id" = null
  where "id" = ? and "company_id" = ?;

-- 77-update-organization-policy.graphql: 7

update "organization" set "max_token_lifetime_days" = 90
  where "id" = ?;

-- 78-organization-policy.graphql: 1

-- 80-configure-sso.graphql: 9
delete
  from "company_owner"
  where "company_id" = 'com_01M8E33MKTQH8PD87F25QS5GJ8' and "user_id" = 'usr_01M8E33JRS509RWMP73RCTC5FS';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MSVWDDM16D624D4CDAQ', 'usr_01M8E33JRS509RWMP73RCTC5FS', '2026-11-27T08:49:17.115Z', 'company.owner_remove', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', '05ed4bb9-27fe-42ce-858b-8c412b40198f', '{"company":"holding"}'), ('evt_01M8E33MSVWVWCESVBVWJY1ERB', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.115Z', 'company.owner_remove', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'ada', '127.0.0.1', 'node', '05ed4bb9-27fe-42ce-858b-8c412b40198f', '{"company":"holding"}');

-- 76-remove-organization-from-company.graphql: 9 distinct, 7 of them above

update "organization" set "company_id" = null
  where "id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3' and "company_id" = 'com_01M8E33MKTQH8PD87F25QS5GJ8';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MTXM4JN18CGC1PYYVZ8', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.149Z', 'organization.company_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', '05daa8c1-1827-416d-aeb3-3786b1b23524', '{"from":"holding"}');

-- 77-update-organization-policy.graphql: 7 distinct, 5 of them above

update "organization" set "max_token_lifetime_days" = 90
  where "id" = 'org_01M8E33HQ4YDAKHSV85X89PGM3';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MVJB1N2NPBYSPKFVJTQ', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.170Z', 'organization.policy_change', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', '06d4d2fe-ea2b-426e-a37a-066ef4451081', '{"maxTokenLifetimeDays":"90"}');

-- 78-organization-policy.graphql: 1 distinct, 1 of them above

-- 80-configure-sso.graphql: 7 distinct, 4 of them above

insert into "sso_provider" ("organization_id", "issuer", "client_id", "encrypted_client_secret", "redirect_uris", "created_at")
  values ($1, $2, $3, $4, $5, $6)
  on conflict ("organization_id") do update set "issuer" = $7, "client_id" = $8, "encrypted_client_secret" = $9, "redirect_uris" = $10, "created_at" = $11;

delete from "sso_attempt"
  where "organization_id" = $1;

-- 81-sso-provider.graphql: 2
delete
  from "sso_attempt"
  where "organization_id" = $1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33MXEF721XWYGXYFRFX1X', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.230Z', 'organization.sso_configure', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'f09521dc-e440-42ae-a126-25c7408e44a6', '{"issuer":"http://127.0.0.1:42901","clientId":"postern"}');

-- 81-sso-provider.graphql: 2 distinct, 1 of them above

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt"
  from "sso_provider" as "p"
  where "p"."organization_id" = any($1);

-- 82-start-sso-sign-in.graphql: 7

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt", "o"."name" as "organizationName", "p"."encrypted_client_secret" as "encryptedClientSecret"
  from "sso_provider" as "p"
  inner join "organization" as "o" on "o"."id" = "p"."organization_id"
  where "o"."name" = $1;

delete from "sso_attempt"
  where "organization_id" = $1 and "expires_at" <= $2;

insert into "sso_attempt" ("id", "organization_id", "secret_hash", "state", "nonce", "code_verifier", "redirect_uri", "created_at", "expires_at")
  values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- 83-complete-sso-sign-in.graphql: 19

delete from "sso_attempt"
-- 82-start-sso-sign-in.graphql: 7 distinct, 4 of them above

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt", "o"."name" as "organizationName", "p"."encrypted_client_secret" as "encryptedClientSecret"
  from "sso_provider" as "p"
  inner
  join "organization" as "o" on "o"."id" = "p"."organization_id"
  where "o"."name" = $1;

delete
  from "sso_attempt"
  where "organization_id" = $1 and "expires_at" <= $2;

insert into "sso_attempt" ("id", "organization_id", "secret_hash", "state", "nonce", "code_verifier", "redirect_uri", "created_at", "expires_at")
  values ('sso_01M8E33N2QMS4QHFA63MNM7D62', 'org_01M8E33HQ4YDAKHSV85X89PGM3', E'\\x8a8eb26b6920252f7f5e1f3372fad589f62dc565dc11e33b05b6d6bdf692ac98', 'PWA6Qm_Blw7HhcmePcePcUWyv_7cjdVkuyydDQJc9WI', 'rviauB0lGUMsujLiwtKdoITTJ8A2t7Ym8J2HIpDiIlM', 'CK8S4UKofZ37_zmCxrCH4FTqVUQIuBGcgtU65cVvqvo', 'https://frontend.example.com/callback', '2026-11-27T08:49:17.399Z', '2026-11-27T08:59:17.399Z');

-- 83-complete-sso-sign-in.graphql: 17 distinct, 5 of them above

delete
  from "sso_attempt"
  where "secret_hash" = $1
  returning "organization_id" as "organizationId", "state", "nonce", "code_verifier" as "codeVerifier", "redirect_uri" as "redirectUri", "expires_at" as "expiresAt";

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt", "o"."name" as "organizationName", "p"."encrypted_client_secret" as "encryptedClientSecret"
  from "sso_provider" as "p"
  inner join "organization" as "o" on "o"."id" = "p"."organization_id"
  inner
  join "organization" as "o" on "o"."id" = "p"."organization_id"
  where "o"."id" = $1;

select "u"."id", "u"."username", "u"."is_administrator" as "isAdministrator"
  from "sso_identity" as "i"
  inner join "user_account" as "u" on "u"."id" = "i"."user_id"
  inner
  join "user_account" as "u" on "u"."id" = "i"."user_id"
  where "i"."organization_id" = $1 and "i"."issuer" = $2 and "i"."subject" = $3;

select "organization_id"
  from "sso_provider"
  where "organization_id" = $1 and "encrypted_client_secret" = $2 for share;

select "name"
  from "namespace"
  where "name" in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99);

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values (?, ?, null, ?, ?, false, ?);

insert into "sso_identity" ("organization_id", "issuer", "subject", "user_id", "created_at")
  values (?, ?, ?, ?, ?);

-- 84-remove-sso.graphql: 9

delete from "sso_provider"
  where "organization_id" = $1
  returning "issuer";

-- 90-activity.graphql: 5
insert into "namespace" ("id", "name", "kind")
  values ('usr_01M8E33N5AB4NK3V86VW8HGB8F', 'grace', 'USER');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33N5AS6K5Q0ZZE4G78ABM', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', '2026-11-27T08:49:17.482Z', 'user.sign_up', 'USER', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', 'grace', null, null, 'grace', '127.0.0.1', 'node', 'a4935598-003c-4e5e-af41-aee7141d5849', '{"through":"acme"}');

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values ('usr_01M8E33N5AB4NK3V86VW8HGB8F', 'grace', null, 'grace', '$argon2id$v=19$m=19456,t=2,p=1$k7SqgiPParEB/3w8odrW+g$bhpvXfbzk/551Q/BMuX+SzjkiaF27hrrpMK2wmd9KeE', false, '2026-11-27T08:49:17.482Z');

insert into "sso_identity" ("organization_id", "issuer", "subject", "user_id", "created_at")
  values ('org_01M8E33HQ4YDAKHSV85X89PGM3', 'http://127.0.0.1:42901', 'grace', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', '2026-11-27T08:49:17.482Z');

delete
  from "session"
  where "user_id" = 'usr_01M8E33N5AB4NK3V86VW8HGB8F' and "expires_at" <= '2026-11-27T08:49:17.482Z';

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E33N5AHN1ABPZ1F890N6N8', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', E'\\x0b074c4dd4ddec1c5a3c19575b16c2cbf96f66e3d83803d0e1ee63182adef256', '2026-11-27T08:49:17.482Z', '2026-11-28T08:49:17.482Z', '127.0.0.1', 'node', null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33N5A5S6WSQ875JFGCXGN', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', '2026-11-27T08:49:17.482Z', 'user.sign_in', 'USER', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', 'grace', null, null, 'grace', '127.0.0.1', 'node', 'a4935598-003c-4e5e-af41-aee7141d5849', '{"through":"acme"}'), ('evt_01M8E33N5AJABJADKZRR88K85W', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.482Z', 'organization.sso_join', 'USER', 'usr_01M8E33N5AB4NK3V86VW8HGB8F', 'grace', null, null, 'grace', '127.0.0.1', 'node', 'a4935598-003c-4e5e-af41-aee7141d5849', '{"role":"MEMBER","through":"acme"}');

-- 84-remove-sso.graphql: 9 distinct, 6 of them above

select "sso_enforced"
  from "organization"
  where "id" = $1 for no key update;

delete
  from "sso_provider"
  where "organization_id" = $1
  returning "issuer";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33NE4ZYSAFYDB1SS41J8Z', 'org_01M8E33HQ4YDAKHSV85X89PGM3', '2026-11-27T08:49:17.764Z', 'organization.sso_remove', 'USER', 'usr_01M8E33GFCQ010N7MRBT4J8A6S', 'admin', null, null, 'acme', '127.0.0.1', 'node', '5ee81968-fd6f-43fd-975d-d7e2580ca6be', '{"issuer":"http://127.0.0.1:42901"}');

-- 90-activity.graphql: 5 distinct, 2 of them above

select "e"."id", "e"."at", "e"."action", "e"."actor_kind" as "actorKind", "e"."actor_id" as "actorId", "e"."actor_name" as "actorName", "e"."token_id" as "tokenId", "e"."token_label" as "tokenLabel", "e"."target", host(e.ip_address) as "ipAddress", "e"."user_agent" as "userAgent", e.data as "data"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1 and "e"."id" < $2
  order by "e"."id" desc limit $3;

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left join "organization" as "o" on "o"."id" = "t"."namespace_id"
  inner
  join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left
  join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = any($1);

select count(*) as "count"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1;

-- 93-usage-report.graphql: 5
-- 93-usage-report.graphql: 5 distinct, 3 of them above

set local plan_cache_mode = force_custom_plan;

select to_char(d.day, 'YYYY-MM-DD"T00:00:00.000Z"') as day, nullif(coalesce(d.token_id, ''), '') as "tokenId", substr(max(to_char(d.day, 'YYYY-MM-DD') || d.token_label), 11) as "tokenLabel", bool_or(d.user_id is not null) as "isOfPerson", null as "userId", d.repository as repository, null as "ipAddress", least(sum(d.pulls), 2147483647)::int as pulls, least(sum(d.pushes), 2147483647)::int as pushes
  from usage_day d
  where d.namespace_id = $1 and d.day between $2 and $3
  group by d.day, coalesce(d.token_id, ''), d.repository
  order by d.day, sum(d.pulls) desc, sum(d.pushes) desc, d.day, coalesce(d.token_id, ''), d.repository limit $4;

-- GET /token, first use of an organization's token: 5

with noted as materialized (
    select *
    from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::inet[], $6::cidr[], $7::text[], $8::text[]) with ordinality as u (namespace_id, token_id, secret_id, at, ip_address, network, client, repository, position) ), alive as materialized (
    select namespace_id, id
    from access_token
    where (namespace_id, id) in (select namespace_id, token_id
      from noted)
    order by namespace_id, id for key share ), locked as materialized (
    select namespace_id, token_id, id, expires_at, last_used_at
    from access_token_secret
    where (namespace_id, token_id) in (select namespace_id, id
      from alive) and (id in (select secret_id
        from noted) or expires_at > $9::timestamptz)
    order by id for no key update ), used as materialized (
    select noted.*
    from noted
    join alive on alive.namespace_id = noted.namespace_id and alive.id = noted.token_id ), used_secrets as materialized (
    select u.secret_id, max(u.at) as last_at, min(u.at) as first_at
    from used u
    group by u.secret_id ), ends as materialized (
    select l.token_id, min(u.first_at) + make_interval(secs => $10) as at
    from locked l
    join used_secrets u on u.secret_id = l.id
    where l.last_used_at is null and l.expires_at is null
    group by l.token_id ), changed as materialized (
    select l.namespace_id, l.token_id, l.id, greatest(l.last_used_at, u.last_at) as last_used_at, case when l.expires_at > e.at then e.at else l.expires_at end as expires_at
    from locked l
    left join used_secrets u on u.secret_id = l.id
    left join ends e on e.token_id = l.token_id
    where coalesce(l.last_used_at < u.last_at, u.last_at is not null) or l.expires_at > e.at ), secrets as ( update access_token_secret s set last_used_at = c.last_used_at, expires_at = c.expires_at
    from changed c
    where s.namespace_id = c.namespace_id and s.token_id = c.token_id and s.id = c.id ), used_before as materialized (
    select token_id
    from access_token_last_use
    where (namespace_id, token_id) in (select namespace_id, id
      from alive) ), last_uses as ( insert into access_token_last_use as l (namespace_id, token_id, at, ip_address, client, repository)
    select distinct on (token_id) namespace_id, token_id, at, ip_address, client, repository
    from used
    order by token_id, at desc
    on conflict (token_id) do update set at = excluded.at, ip_address = excluded.ip_address, client = excluded.client, repository = coalesce(excluded.repository, l.repository)
    where l.at < excluded.at ), fresh as ( insert into access_token_address (namespace_id, token_id, network, first_used_at)
    select namespace_id, token_id, network, min(at)
    from used
    where network is not null
    group by namespace_id, token_id, network
    order by namespace_id, token_id, network
    on conflict (namespace_id, token_id, network) do nothing
    returning namespace_id, token_id, network )
  select distinct on (n.id, t.id, f.network) n.id as "namespaceId", n.name as "namespaceName", n.kind as "namespaceKind", t.id as "tokenId", t.label, u.at, host(u.ip_address) as "ipAddress", f.network::text as network, u.client, t.id in (select token_id
    from used_before) as "wasUsed"
-- GET /token, first use of an organization's token: 5 distinct, 3 of them above

with noted as materialized ( select u.*
  from unnest( $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::inet[], $6::cidr[], $7::text[], $8::text[] ) as u (namespace_id, token_id, secret_id, at, ip_address, network, client, repository) ), alive as materialized ( select namespace_id, id
  from access_token
  where (namespace_id, id) in (select namespace_id, token_id
  from noted)
  order by id for key share ), locked as materialized ( select namespace_id, token_id, id, expires_at, last_used_at
  from access_token_secret
  where (namespace_id, token_id) in (select namespace_id, id
  from alive) and (id in (select secret_id
  from noted) or expires_at > $9::timestamptz)
  order by id for no key update ), used as materialized ( select noted.*
  from noted
  join alive on alive.namespace_id = noted.namespace_id and alive.id = noted.token_id ), used_secrets as materialized ( select u.secret_id, max(u.at) as last_at, min(u.at) as first_at
  from used u
  group by u.secret_id ), ends as materialized ( select l.token_id, min(u.first_at) + make_interval(secs => $10) as at
  from locked l
  join used_secrets u on u.secret_id = l.id
  where l.last_used_at is null and l.expires_at is null
  group by l.token_id ), changed as materialized ( select l.namespace_id, l.token_id, l.id, greatest(l.last_used_at, u.last_at) as last_used_at, case when l.expires_at > e.at then e.at else l.expires_at end as expires_at
  from locked l
  left
  join used_secrets u on u.secret_id = l.id
  left
  join ends e on e.token_id = l.token_id
  where coalesce(l.last_used_at < u.last_at, u.last_at is not null) or l.expires_at > e.at ), secrets as ( update access_token_secret s set last_used_at = c.last_used_at, expires_at = c.expires_at
  from changed c
  where s.namespace_id = c.namespace_id and s.token_id = c.token_id and s.id = c.id ), used_before as materialized ( select token_id
  from access_token_last_use
  where (namespace_id, token_id) in (select namespace_id, id
  from alive) ), last_uses as ( insert into access_token_last_use as l (namespace_id, token_id, at, ip_address, client, repository) select distinct on (token_id) namespace_id, token_id, at, ip_address, client, repository
  from used
  order by token_id, at desc
  on conflict (token_id) do update set at = excluded.at, ip_address = excluded.ip_address, client = excluded.client, repository = coalesce(excluded.repository, l.repository)
  where l.at < excluded.at ), fresh as ( insert into access_token_address (namespace_id, token_id, network, first_used_at) select namespace_id, token_id, network, min(at)
  from used
  where network is not null
  group by namespace_id, token_id, network
  order by namespace_id, token_id, network
  on conflict (namespace_id, token_id, network) do nothing
  returning namespace_id, token_id, network ) select distinct on (n.id, t.id, f.network) n.id as "namespaceId", n.name as "namespaceName", n.kind as "namespaceKind", t.id as "tokenId", t.label, u.at, host(u.ip_address) as "ipAddress", f.network::text as network, u.client, t.id in (select token_id
  from used_before) as "wasUsed"
  from fresh f
  join used u on u.namespace_id = f.namespace_id and u.token_id = f.token_id and u.network = f.network
  join access_token t on t.namespace_id = f.namespace_id and t.id = f.token_id
  join namespace n on n.id = f.namespace_id
  order by n.id, t.id, f.network, u.at;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?);

-- GET /token, login with an organization's token: 1

-- GET /token, pull with an organization's token: 3

with settings as materialized (select set_config('synchronous_commit', 'off', true)), registries as materialized (
    select exists (select
      from deployment
      where id = 1 and last_registry_event_at > $1) as report ), wanted as (
    select *
    from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::int[], $8::int[]) with ordinality as u (namespace_id, subject_id, starts_at, at, seconds, slot_seconds, pull_limit, position) ), items as (
    select *
    from unnest($9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::cidr[], $14::text[]) with ordinality as i (namespace_id, subject_id, starts_at, repository, network, client, position) ), limited as materialized (
    select *
    from wanted
    where pull_limit is not null or not (select report
      from registries) ), fresh as materialized (
    select i.*, u.at
    from items i
    join limited u on ("u"."namespace_id", "u"."subject_id", "u"."starts_at") = ("i"."namespace_id", "i"."subject_id", "i"."starts_at")
    where not exists (
      select
      from "pull_reservation" r
      where ("r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client") = ("i"."namespace_id", "i"."subject_id", "i"."starts_at", "i"."repository", "i"."network", "i"."client") and r.expires_at > u.at ) ), tokens as materialized (
    select namespace_id, id
    from access_token
    where (namespace_id, id) in (select namespace_id, subject_id
      from fresh)
    order by namespace_id, id for key share ), alive as (
    select namespace_id, id as subject_id
    from tokens union
    select namespace_id, subject_id
    from fresh
    where subject_id = namespace_id ), numbered as materialized (
    select u.*, coalesce(f.fresh, 0) as fresh, coalesce((("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + (coalesce(("w"."checked")[greatest(0, ("u"."seconds" - "w"."checked_slot") / 5) + 1], 0) + coalesce(("w"."checked")[greatest(0, ("u"."seconds" - "w"."checked_slot") / 5) + 2], 0))) <= u.pull_limit, true) as "hasRoom", alive.subject_id is not null as "isAlive"
    from limited u
    left join alive on ("alive"."namespace_id", "alive"."subject_id") = ("u"."namespace_id", "u"."subject_id")
    left join (select "namespace_id", "subject_id", "starts_at", count(*)::int as fresh
      from fresh
      group by "namespace_id", "subject_id", "starts_at") f on ("f"."namespace_id", "f"."subject_id", "f"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")
    left join "usage_window" w on ("w"."namespace_id", "w"."subject_id", "w"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at") ), counted as ( insert into "usage_window" as w ("namespace_id", "subject_id", "starts_at", pulls, reserved, reservation_slot, slot_seconds, checked_slot , pull_limit, limit_known, is_notice_due)
    select "u"."namespace_id", "u"."subject_id", "u"."starts_at", 0, array[0, 0, 0, 0, u.fresh], u.seconds, u.slot_seconds, u.seconds , u.pull_limit, true, coalesce(case when "u"."pull_limit" is null then null when "u"."fresh"::bigint * 100 >= "u"."pull_limit"::bigint * 100 then 100 when "u"."fresh"::bigint * 100 >= "u"."pull_limit"::bigint * 80 then 80 else 0 end > 0, false)
    from numbered u
    where u.fresh > 0 and u."isAlive" and (u.pull_limit is null or u.fresh <= u.pull_limit)
    order by "u"."namespace_id", "u"."subject_id", "u"."starts_at"
    on conflict ("namespace_id", "subject_id", "starts_at") do update set reserved = array[coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0) + excluded.reserved[5]], reservation_slot = ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds"), unreported = "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))), checked = array[coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0), coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0)], checked_slot = ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5), slot_seconds = excluded.slot_seconds , pull_limit = excluded.pull_limit, limit_known = true, is_notice_due = w.is_notice_due or coalesce(case when "excluded"."pull_limit" is null then null when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + excluded.reserved[5])::bigint * 100 >= "excluded"."pull_limit"::bigint * 100 then 100 when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + excluded.reserved[5])::bigint * 100 >= "excluded"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false)
    where coalesce((("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + (coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0) + coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0))) + excluded.reserved[5] <= (select n.pull_limit
        from numbered n
        where ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("excluded"."namespace_id", "excluded"."subject_id", "excluded"."starts_at")), true)
    returning "w"."namespace_id", "w"."subject_id", "w"."starts_at", w.reservation_slot, w.slot_seconds ), made as ( insert into "pull_reservation" ("namespace_id", "subject_id", "starts_at", "repository", "network", "client", made_at, expires_at)
    select "f"."namespace_id", "f"."subject_id", "f"."starts_at", "f"."repository", "f"."network", "f"."client", f.at, f.starts_at + make_interval(secs => c.reservation_slot + 5 * c.slot_seconds)
    from fresh f
    join counted c on ("c"."namespace_id", "c"."subject_id", "c"."starts_at") = ("f"."namespace_id", "f"."subject_id", "f"."starts_at")
    order by "f"."namespace_id", "f"."subject_id", "f"."starts_at", "f"."repository", "f"."network", "f"."client"
    on conflict ("namespace_id", "subject_id", "starts_at", "repository", "network", "client") do update set made_at = excluded.made_at, expires_at = excluded.expires_at, is_checked = false )
  select u.position::int - 1 as position, case when u.pull_limit is null and (select report
    from registries) then 'COUNTED' when exists (select
    from counted c
    where ("c"."namespace_id", "c"."subject_id", "c"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")) then 'COUNTED' when n.fresh > 0 and not n."isAlive" then 'NO_SUBJECT' when n.fresh = 0 and n."hasRoom" then 'COUNTED' else 'LIMIT_REACHED' end as outcome, (select last_registry_event_at
    from deployment
    where id = 1) as "lastReportAt"
  from settings, wanted u
  left join numbered n on ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at");

-- GET /token, push with an organization's token: 2

-- GET /token, first push to a new repository: 7

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values (?, ?, ?, null, ?, ?);

-- GET /token, login with an unknown token: 1

-- GET /token, first use of a personal token: 5

-- GET /token, pull with a personal token: 3

-- GET /token, login with a password: 6

-- GET /token, login with a wrong password: 2

-- GET /token, anonymous pull: 2

with settings as materialized (select set_config('synchronous_commit', 'off', true)), registries as materialized (
    select exists (select
      from deployment
      where id = 1 and last_registry_event_at > $1) as report ), wanted as (
    select *
    from unnest($2::cidr[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::int[], $7::int[]) with ordinality as u (network, starts_at, at, seconds, slot_seconds, pull_limit, position) ), items as (
    select *
    from unnest($8::timestamptz[], $9::text[], $10::cidr[], $11::text[]) with ordinality as i (starts_at, repository, network, client, position) ), limited as materialized (
    select *
    from wanted
    where pull_limit is not null or not (select report
      from registries) ), fresh as materialized (
    select i.*, u.at
    from items i
    join limited u on ("u"."starts_at", "u"."network") = ("i"."starts_at", "i"."network")
    where not exists (
      select
      from "anonymous_pull_reservation" r
      where ("r"."starts_at", "r"."network", "r"."repository", "r"."client") = ("i"."starts_at", "i"."network", "i"."repository", "i"."client") and r.expires_at > u.at ) ), numbered as materialized (
    select u.*, coalesce(f.fresh, 0) as fresh, coalesce((("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("u"."seconds" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + (coalesce(("w"."checked")[greatest(0, ("u"."seconds" - "w"."checked_slot") / 5) + 1], 0) + coalesce(("w"."checked")[greatest(0, ("u"."seconds" - "w"."checked_slot") / 5) + 2], 0))) <= u.pull_limit, true) as "hasRoom", true as "isAlive"
    from limited u
    left join (select "starts_at", "network", count(*)::int as fresh
      from fresh
      group by "starts_at", "network") f on ("f"."starts_at", "f"."network") = ("u"."starts_at", "u"."network")
    left join "anonymous_usage_window" w on ("w"."starts_at", "w"."network") = ("u"."starts_at", "u"."network") ), counted as ( insert into "anonymous_usage_window" as w ("starts_at", "network", pulls, reserved, reservation_slot, slot_seconds, checked_slot )
    select "u"."starts_at", "u"."network", 0, array[0, 0, 0, 0, u.fresh], u.seconds, u.slot_seconds, u.seconds
    from numbered u
    where u.fresh > 0 and u."isAlive" and (u.pull_limit is null or u.fresh <= u.pull_limit)
    order by "u"."starts_at", "u"."network"
    on conflict ("starts_at", "network") do update set reserved = array[coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0) + excluded.reserved[5]], reservation_slot = ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds"), unreported = "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))), checked = array[coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0), coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0)], checked_slot = ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5), slot_seconds = excluded.slot_seconds
    where coalesce((("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
            from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + (coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0) + coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0))) + excluded.reserved[5] <= (select n.pull_limit
        from numbered n
        where ("n"."starts_at", "n"."network") = ("excluded"."starts_at", "excluded"."network")), true)
    returning "w"."starts_at", "w"."network", w.reservation_slot, w.slot_seconds ), made as ( insert into "anonymous_pull_reservation" ("starts_at", "network", "repository", "client", made_at, expires_at)
    select "f"."starts_at", "f"."network", "f"."repository", "f"."client", f.at, f.starts_at + make_interval(secs => c.reservation_slot + 5 * c.slot_seconds)
    from fresh f
    join counted c on ("c"."starts_at", "c"."network") = ("f"."starts_at", "f"."network")
    order by "f"."starts_at", "f"."network", "f"."repository", "f"."client"
    on conflict ("starts_at", "network", "repository", "client") do update set made_at = excluded.made_at, expires_at = excluded.expires_at, is_checked = false )
  select u.position::int - 1 as position, case when u.pull_limit is null and (select report
    from registries) then 'COUNTED' when exists (select
    from counted c
    where ("c"."starts_at", "c"."network") = ("u"."starts_at", "u"."network")) then 'COUNTED' when n.fresh > 0 and not n."isAlive" then 'NO_SUBJECT' when n.fresh = 0 and n."hasRoom" then 'COUNTED' else 'LIMIT_REACHED' end as outcome, (select last_registry_event_at
    from deployment
    where id = 1) as "lastReportAt"
  from settings, wanted u
  left join numbered n on ("n"."starts_at", "n"."network") = ("u"."starts_at", "u"."network");

-- POST /token, pull with an organization's token: 3

-- POST /registry/events, push: 8

insert into registry_event (id, received_at)
  select id, $1
  values ('evt_01M8E33NS05QQ5A88S4SVZK5BZ', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:18.112Z', 'access_token.first_use', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'ci', '127.0.0.1', 'node', null, '{}');

-- GET /token, login with an organization's token: 1 distinct, 1 of them above

-- GET /token, pull with an organization's token: 3 distinct, 2 of them above

with settings as materialized (select set_config('synchronous_commit', 'off', true)), wanted as ( select *
  from unnest( $1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::int[], $6::int[] ) with ordinality as u (namespace_id, subject_id, starts_at, pulls, pull_limit, reservation_period, position) ), registries as materialized ( select exists (select
  from deployment
  where id = 1 and last_registry_event_at > $7) as tell ), tokens as materialized ( select t.namespace_id, t.id
  from access_token t
  where (t.namespace_id, t.id) in (select namespace_id, subject_id
  from wanted)
  order by t.namespace_id, t.id for key share ), alive as ( select namespace_id, id
  from tokens
  union all select namespace_id, subject_id
  from wanted
  where subject_id = namespace_id ), counted as ( insert into usage_window as w (namespace_id, subject_id, starts_at, pulls, reserved, reservation_period, pull_limit, limit_known, is_notice_due) select u.namespace_id, u.subject_id, u.starts_at, 0, u.pulls, u.reservation_period, u.pull_limit, true, coalesce(case when "u"."pull_limit" is null then null when "u"."pulls" >= "u"."pull_limit" then 100 when "u"."pulls"::bigint * 100 >= "u"."pull_limit"::bigint * 80 then 80 else 0 end > 0, false)
  from wanted u
  join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id
  where u.pull_limit is null or u.pulls <= u.pull_limit
  order by u.namespace_id, u.subject_id, u.starts_at
  on conflict (namespace_id, subject_id, starts_at) do update set reserved = case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end + excluded.reserved, reserved_previous = case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not (select tell
  from registries) then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end, reservation_period = greatest(w.reservation_period, excluded.reservation_period), pull_limit = excluded.pull_limit, limit_known = true, is_notice_due = w.is_notice_due or coalesce(case when "excluded"."pull_limit" is null then null when (("w"."pulls" + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not (select tell
  from registries) then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end) + excluded.reserved) >= "excluded"."pull_limit" then 100 when (("w"."pulls" + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not (select tell
  from registries) then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end) + excluded.reserved)::bigint * 100 >= "excluded"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false)
  where coalesce((("w"."pulls" + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not (select tell
  from registries) then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end) + excluded.reserved) <= excluded.pull_limit, true)
  returning namespace_id, subject_id, starts_at ) select u.position::int - 1 as position, exists ( select
  from counted c
  where c.namespace_id = u.namespace_id and c.subject_id = u.subject_id and c.starts_at = u.starts_at ) as "isCounted"
  from settings, wanted u
  join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id;

-- GET /token, push with an organization's token: 2 distinct, 2 of them above

-- GET /token, first push to a new repository: 7 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33NWVZRKA79PFDWGGV0MS', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:18.235Z', 'repository.create', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'acme/new', '127.0.0.1', 'node', '5e1c3ae2-8714-4a72-b0bf-aa735ad26c8a', '{"visibility":"PRIVATE"}');

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values ('rep_01M8E33NWVY0VTQHSHTJ5SPMM7', 'org_01M8E33NHXJ3BSAW09D67F2S92', 'new', null, 'PRIVATE', '2026-11-27T08:49:18.235Z');

-- GET /token, login with an unknown token: 0 distinct, 0 of them above

-- GET /token, first use of a personal token: 5 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33P565KXJHJ13E7MJ7FKB', 'usr_01M8E33H7K6DWS28NVXAF48SNZ', '2026-11-27T08:49:18.502Z', 'access_token.first_use', 'PERSONAL_TOKEN', 'tok_01M8E33NP1HN076R255H7GQWN6', 'admin', 'tok_01M8E33NP1HN076R255H7GQWN6', 'desktop', 'desktop', '127.0.0.1', 'node', null, '{}');

-- GET /token, pull with a personal token: 3 distinct, 3 of them above

-- GET /token, login with a password: 6 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33PBK82ST6Y2S25A9H8Q2', 'usr_01M8E33H7K6DWS28NVXAF48SNZ', '2026-11-27T08:49:18.707Z', 'user.sign_in', 'USER', 'usr_01M8E33H7K6DWS28NVXAF48SNZ', 'admin', null, null, 'admin', '127.0.0.1', 'node', 'b18b7b97-c1de-40b9-85de-38129168bba7', '{"via":"registry"}');

-- GET /token, login with a wrong password: 2 distinct, 2 of them above

-- GET /token, anonymous pull: 1 distinct, 1 of them above

-- POST /token, pull with an organization's token: 3 distinct, 3 of them above

-- POST /registry/events, push: 8 distinct, 2 of them above

insert into registry_event (id, received_at) select id, $1
  from unnest($2::text[]) as u (id)
  on conflict (id) do nothing
  returning id;

select w.position::int - 1 as position, n.id as "namespaceId", r.id as "repositoryId"
  from unnest($1::text[], $2::text[]) with ordinality as w (namespace, path, position)
  join namespace n on n.name = w.namespace
  left join repository r on r.namespace_id = n.id and r.path = w.path;
  left
  join repository r on r.namespace_id = n.id and r.path = w.path;

select t.id, t.label, n.id as "namespaceId", n.name, n.kind
  from access_token t
  join namespace n on n.id = t.namespace_id
  where t.id = any($1)
  union all
  select n.id, null, n.id, n.name, n.kind
  from namespace n
  where n.id = any($2) and n.kind = 'USER';

insert into usage_day as d (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes)
  select u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address, (array_agg(u.token_label
      order by u.position desc) filter (where u.token_label is not null))[1], sum(u.pulls), sum(u.pushes)
  from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::inet[], $7::text[], $8::int[], $9::int[]) with ordinality as u (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes, position)
  union all select n.id, null, n.id, n.name, n.kind
  from namespace n
  where n.id = any($2) and n.kind = 'USER';

insert into usage_day as d (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes) select u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address, (array_agg(u.token_label
  order by u.position desc) filter (where u.token_label is not null))[1], sum(u.pulls), sum(u.pushes)
  from unnest( $1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::inet[], $7::text[], $8::int[], $9::int[] ) with ordinality as u (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes, position)
  join namespace n on n.id = u.namespace_id
  group by u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address
  order by u.namespace_id collate "C", u.day, u.repository collate "C", u.token_id collate "C", u.user_id collate "C", u.ip_address
  on conflict (namespace_id, day, repository, token_id, user_id, ip_address) do update set pulls = d.pulls + excluded.pulls, pushes = d.pushes + excluded.pushes, token_label = coalesce(excluded.token_label, d.token_label);

insert into repository_tag as t (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
  select u.namespace_id, u.repository_id, u.name, u.digest, u.media_type, u.pushed_at, u.actor_kind, u.actor_id, u.actor_name
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[]) with ordinality as u (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name, position)
insert into repository_tag as t (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name) select u.*
  from unnest( $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[] ) as u (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
  join repository r on r.namespace_id = u.namespace_id and r.id = u.repository_id
  order by u.namespace_id collate "C", u.repository_id collate "C", u.name collate "C"
  on conflict (namespace_id, repository_id, name) do update set digest = excluded.digest, media_type = excluded.media_type, pushed_at = excluded.pushed_at, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, actor_name = excluded.actor_name
  where t.pushed_at <= excluded.pushed_at;

-- POST /registry/events, pull: 9

with report as ( update deployment set last_registry_event_at = $1
    where id = (
      select id
      from deployment
      where id = 1 and (last_registry_event_at is null or last_registry_event_at < $2::timestamptz - interval '1 minute') for update skip locked ) ), told as (
    select *
    from unnest($3::text[], $4::text[], $5::timestamptz[]) with ordinality as u (namespace_id, subject_id, starts_at, position) ), tokens as materialized (
    select namespace_id, id
    from access_token
    where (namespace_id, id) in (select namespace_id, subject_id
      from told)
    order by namespace_id, id for key share ), alive as materialized (
    select namespace_id, id
    from tokens union
    select n.id, n.id
    from namespace n
    where n.id in (select subject_id
      from told) ), windows as materialized (
    select 1
    from usage_window
    where (select count(*)
      from alive) > 0 and (namespace_id, subject_id, starts_at) in (select namespace_id, subject_id, starts_at
      from told)
    order by namespace_id, subject_id, starts_at for update )
  select namespace_id as "namespaceId", id as "subjectId"
  from alive, (select count(*)
    from windows) as locked;

with open as materialized (
    select "r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client", r.expires_at, r.is_checked
    from "pull_reservation" r
    where r.repository = $1 and "r"."namespace_id" = $2 and "r"."subject_id" = $3 and r.starts_at in ($4, $5) and r.expires_at > $6::timestamptz - make_interval(secs => 60) and r.made_at <= $7::timestamptz + make_interval(secs => 60) and true
    order by r.network = $8::cidr desc, r.client = $9 desc, r.expires_at > $10::timestamptz desc, r.expires_at limit $11), closed as ( delete from "pull_reservation" r using open
    where ("r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client") = ("open"."namespace_id", "open"."subject_id", "open"."starts_at", "open"."repository", "open"."network", "open"."client")
    returning r.starts_at, r.expires_at, r.is_checked ) insert into "usage_window" as w ("namespace_id", "subject_id", "starts_at", pulls, reservation_slot, checked_slot , is_notice_due)
  values ($12, $13, $14, $15, $16, $17 , true)
  on conflict ("namespace_id", "subject_id", "starts_at") do update set pulls = w.pulls + excluded.pulls, reserved = array[greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 1 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 2 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 3 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 4 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 5 * "w"."slot_seconds")) ))], reservation_slot = ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds"), unreported = "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))), checked = array[greatest(0, coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5) + 1 * 5)) )), greatest(0, coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0) - (
      select count(*)::int
      from closed c
      where c.starts_at = w.starts_at and c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5) + 2 * 5)) ))], checked_slot = ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5) , is_notice_due = w.is_notice_due or not w.limit_known or coalesce(case when "w"."pull_limit" is null then null when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when true then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) - (select count(*)::int
        from closed
        where not is_checked) + excluded.pulls)::bigint * 100 >= "w"."pull_limit"::bigint * 100 then 100 when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when true then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) - (select count(*)::int
        from closed
        where not is_checked) + excluded.pulls)::bigint * 100 >= "w"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false);

-- POST /registry/events, deletion of a tag: 7

with gone as (
    select t.namespace_id, t.repository_id, t.name
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) with ordinality as u (namespace_id, repository_id, name, digest, at, position)
    join repository_tag t on t.namespace_id = u.namespace_id and t.repository_id = u.repository_id
    where (t.name = u.name or u.name is null and t.digest = u.digest) and t.pushed_at <= u.at
    order by t.namespace_id, t.repository_id, t.name for update of t ) delete from repository_tag t using gone
  where t.namespace_id = gone.namespace_id and t.repository_id = gone.repository_id and t.name = gone.name;

-- POST /registry/events, deletion of a manifest: 7
insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33PJWH6PK3VV5SJR172PP', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:18.940Z', 'repository.push', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a","mediaType":"application/vnd.oci.image.manifest.v1+json"}');

-- POST /registry/events, pull: 9 distinct, 6 of them above

update deployment set last_registry_event_at = $1
  where id = ( select id
  from deployment
  where id = 1 and (last_registry_event_at is null or last_registry_event_at < $2::timestamptz - interval '1 minute') for update skip locked );

with told as ( select *
  from unnest( $1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::int[] ) as u (namespace_id, subject_id, starts_at, pulls, reservation_period) ), tokens as materialized ( select t.namespace_id, t.id
  from access_token t
  where (t.namespace_id, t.id) in (select namespace_id, subject_id
  from told)
  order by t.namespace_id, t.id for key share ), alive as ( select namespace_id, id
  from tokens
  union all select n.id, n.id
  from namespace n
  where n.id in (select subject_id
  from told) ) insert into usage_window as w (namespace_id, subject_id, starts_at, pulls, reservation_period, is_notice_due) select u.namespace_id, u.subject_id, u.starts_at, u.pulls, u.reservation_period, true
  from told u
  join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id
  order by u.namespace_id, u.subject_id, u.starts_at
  on conflict (namespace_id, subject_id, starts_at) do update set pulls = w.pulls + excluded.pulls, reserved = case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end - least(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end, greatest(case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end - case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end, 0)), reserved_previous = greatest(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end - case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end, 0), reservation_period = greatest(w.reservation_period, excluded.reservation_period), is_notice_due = w.is_notice_due or not w.limit_known or coalesce(case when "w"."pull_limit" is null then null when (("w"."pulls" + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end - least(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end, greatest(case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end - case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end, 0)) + greatest(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end - case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end, 0)) + excluded.pulls) >= "w"."pull_limit" then 100 when (("w"."pulls" + case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end - least(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved" else 0 end, greatest(case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end - case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end, 0)) + greatest(case when "excluded"."reservation_period" <= "w"."reservation_period" then "w"."reserved_previous" when not true then "w"."reserved" + "w"."reserved_previous" when "excluded"."reservation_period" = "w"."reservation_period" + 1 then "w"."reserved" else 0 end - case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end, 0)) + excluded.pulls)::bigint * 100 >= "w"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33PKH5RKR8XGC1PT0BVSM', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:18.961Z', 'repository.pull', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a","mediaType":"application/vnd.oci.image.manifest.v1+json"}');

-- POST /registry/events, deletion of a tag: 7 distinct, 5 of them above

with gone as ( select t.namespace_id, t.repository_id, t.name
  from unnest( $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[] ) as u (namespace_id, repository_id, name, digest, at)
  join repository_tag t on t.namespace_id = u.namespace_id and t.repository_id = u.repository_id
  where (t.name = u.name or u.name is null and t.digest = u.digest) and t.pushed_at <= u.at
  order by t.namespace_id, t.repository_id, t.name for update of t ) delete
  from repository_tag t using gone
  where t.namespace_id = gone.namespace_id and t.repository_id = gone.repository_id and t.name = gone.name;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33PMTJA0B37X63AY3M77Z', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:19.002Z', 'repository.tag_delete', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{}');

-- POST /registry/events, deletion of a manifest: 7 distinct, 6 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E33PNNBRJ95S6RNHZGA4FW', 'org_01M8E33NHXJ3BSAW09D67F2S92', '2026-11-27T08:49:19.029Z', 'repository.manifest_delete', 'ORGANIZATION_TOKEN', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'acme', 'tok_01M8E33NMNNKP1TWYHK8KMEXWJ', 'ci', 'acme/api@sha256:a', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a"}');
