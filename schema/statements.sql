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

delete
  from "session"
  where "user_id" = 'usr_01M8E30X8VHEJ8JM86D4PXR6BG' and "expires_at" <= '2026-11-27T08:47:49.423Z';

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E30Z5FQ18QXDFQ29RZP8XX', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', E'\\x4dbdec3f3df06f4bb7289bfd668bcb6273e50403e9da9c84004186cdd21b7a91', '2026-11-27T08:47:49.423Z', '2026-11-28T08:47:49.423Z', '127.0.0.1', 'node', null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E30Z5FZVYT5C6QF5PYS6XT', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:49.423Z', 'user.sign_in', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'admin', '127.0.0.1', 'node', 'ffd9e71c-c361-42e3-8eda-759aeccf691a', '{}');

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
  values ('org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'acme', 'ORGANIZATION');

insert into "organization" ("id", "name", "display_name", "plan", "company_id", "created_at", "max_token_lifetime_days", "allow_token_reactivation", "sso_enforced", "email_notices")
  values ('org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'acme', 'Acme', 'TEAM', null, '2026-11-27T08:47:50.038Z', null, false, false, true);

insert into "membership" ("organization_id", "user_id", "role", "joined_at")
  values ($1, $2, $3, $4)
  on conflict ("organization_id", "user_id") do nothing
  returning "user_id";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E30ZRPK5WR1BF72H1P5N27', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:50.038Z', 'organization.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'f02662b9-d46f-45e4-8f06-01903a4ab149', '{"plan":"TEAM"}');

select "namespace_id", count(*)::int as "count"
  from "access_token"
  where "namespace_id" = any($1)
  group by "namespace_id";

-- 04-create-repository.graphql: 6 distinct, 3 of them above

select "n0".*
  from "namespace" as "n0"
  where "n0"."name" = 'acme' limit 1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E30ZYX8T1C23NXBNYGKR9Z', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:50.237Z', 'repository.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', 'c74f4881-3561-462e-bbf8-be10fe7ead8c', '{"visibility":"PRIVATE"}');

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values ('rep_01M8E30ZYX04609NZPQDNVSKJZ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'api', 'The API server', 'PRIVATE', '2026-11-27T08:47:50.237Z');

-- 05-generate-organization-token.graphql: 13 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "name" = $1;

select "plan", "max_token_lifetime_days"
  from "organization"
  where "id" = $1 for no key update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3106D8QRBK83MDDXTAS99', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:50.477Z', 'access_token.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 'ci', 'ci', '127.0.0.1', 'node', 'c223471e-2fde-4396-8bb4-f47b9a5c48fb', '{"expiresAt":"never","scopes":"acme/* acme"}');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'ci', 'Builds and pushes the API', null, '2026-11-27T08:47:50.477Z', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', null, null, null, null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 0, 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'ALL_REPOSITORIES', null, null, '{IMAGE_PUSH}'), ('tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 1, 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'ORGANIZATION', null, null, '{REPOSITORY_CREATE}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E3106DM13PA7C0SNKRJ0H6', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ', E'\\x573b148041f5911ebac9a0e2cbcb0b932b897d7aa88ced5149bc748df261b1b6', 'oSJB', '2026-11-27T08:47:50.477Z', null, null, null);

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
  full
  join (select "subject_id", ("usage_window"."pulls" + (coalesce(("usage_window"."reserved")[greatest(0, ($3::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($4::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($5::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($6::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($7::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0)) + case when exists (select
  from deployment
  where id = 1 and last_registry_event_at > $8) then 0 else "usage_window"."unreported" + ((("usage_window"."reserved")[1] + ("usage_window"."reserved")[2] + ("usage_window"."reserved")[3] + ("usage_window"."reserved")[4] + ("usage_window"."reserved")[5]) - (coalesce(("usage_window"."reserved")[greatest(0, ($9::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($10::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($11::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($12::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($13::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0))) end) as "used"
  from "usage_window"
  where namespace_id = $14 and "subject_id" = any($15::text[]) and "starts_at" = $16) as "w" on "w"."subject_id" = "l"."token_id";

select count(*) as "count"
  from "access_token" as "t"
  where "t"."namespace_id" = $1 and (("t"."expires_at" is null or "t"."expires_at" > $2) and "t"."deactivated_at" is null);

-- 07-access-token.graphql: 5 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "id" = any($1);

-- 08-update-token.graphql: 9 distinct, 6 of them above

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ' limit 1 for update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E310ZGF9GG2CQCTRFYH50T', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.280Z', 'access_token.update', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', 'c40b58ef-0f3b-47be-ba46-a00d35da9e71', '{"label":"ci of the API","pullLimit":"100"}');

update "access_token" set "label" = 'ci of the API', "pull_limit" = 100
  where "id" = 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ';

-- 09-deactivate-token.graphql: 7 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3111TYAE3AWRH0FM99E3B', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.354Z', 'access_token.deactivate', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', 'd7516df5-6ca0-44e0-9938-2ad0c13a76d1', '{}');

update "access_token" set "deactivated_at" = '2026-11-27T08:47:51.354Z'
  where "id" = 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ';

-- 10-activate-token.graphql: 5 distinct, 3 of them above

select "o0".*
  from "organization" as "o0"
  where "o0"."id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' limit 1;

rollback;

-- 11-delete-token.graphql: 8 distinct, 4 of them above

select "id"
  from "session"
  where "id" = (select "session_id"
  from "access_token"
  where "namespace_id" = $1 and "id" = $2) for update;

delete
  from "usage_window"
  where "namespace_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "subject_id" = 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311439X63KXNVT0NX48AV', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.427Z', 'access_token.delete', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E3106DFFZ0JXHVPVGCF0EJ', 'ci of the API', 'ci of the API', '127.0.0.1', 'node', '528cf35f-b6b7-4acc-8da6-e146781b0b86', '{}');

delete
  from "access_token"
  where "id" in ('tok_01M8E3106DFFZ0JXHVPVGCF0EJ');

-- 12-available-permissions.graphql: 1 distinct, 1 of them above

-- 13-organization.graphql: 1 distinct, 1 of them above

-- 14-update-organization.graphql: 6 distinct, 4 of them above

update "organization" set "display_name" = 'Acme Corporation'
  where "id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3116FH81X7E95727PA3TT', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.503Z', 'organization.update', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'caca3e49-0cfe-4873-8334-63d502a137b1', '{"displayName":"Acme Corporation"}');

-- 15-change-organization-plan.graphql: 6 distinct, 4 of them above

update "organization" set "plan" = 'BUSINESS'
  where "id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E31178PS2XEZ35HDS80DSE', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.528Z', 'organization.plan_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', '97996692-50e2-4c27-8746-1a0f285bb4ef', '{"from":"TEAM","to":"BUSINESS"}');

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

-- 17-repository.graphql: 3 distinct, 3 of them above

-- 18-update-repository.graphql: 6 distinct, 4 of them above

update "repository" set "visibility" = 'PUBLIC'
  where "id" = 'rep_01M8E30ZYX04609NZPQDNVSKJZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311B63N07XQ6FKRS6YCZT', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.654Z', 'repository.update', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', '520cbae6-4c1c-4ae7-a243-1ca9f93bb821', '{"visibility":"PUBLIC"}');

-- 19-delete-repository.graphql: 8 distinct, 4 of them above

select "id"
  from "repository"
  where "id" = $1 for update;

delete
  from "access_token_scope" as "s" using "access_token" as "t"
  where "t"."namespace_id" = "s"."namespace_id" and "t"."id" = "s"."token_id" and "s"."repository_namespace_id" = $1 and "s"."repository_id" = $2
  returning "t"."id", "t"."label", "t"."namespace_id" as "namespaceId";

delete
  from "repository"
  where "id" = 'rep_01M8E30ZYX04609NZPQDNVSKJZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311D3ED7CRCNN4352D57J', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:51.715Z', 'repository.delete', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme/api', '127.0.0.1', 'node', '62490081-ad89-43e5-874b-2b927476b8e9', '{}');

-- 20-sign-up.graphql: 8 distinct, 3 of them above

insert into "namespace" ("id", "name", "kind")
  values ('usr_01M8E311GCYA1B4DD6SXPANVQT', 'ada', 'USER');

delete
  from "session"
  where "user_id" = 'usr_01M8E311GCYA1B4DD6SXPANVQT' and "expires_at" <= '2026-11-27T08:47:51.820Z';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311GC38XXVRGKHME2YGDQ', 'usr_01M8E311GCYA1B4DD6SXPANVQT', '2026-11-27T08:47:51.820Z', 'user.sign_up', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'd9fe8eb0-bc94-48ec-a8db-e0f028fbfaaf', '{}');

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values ('usr_01M8E311GCYA1B4DD6SXPANVQT', 'ada', 'ada@example.com', 'ada', '$argon2id$v=19$m=19456,t=2,p=1$ahuXl2/Z5cNRUbPxj87X3w$bs5ODgg1BdqojA0XcJZtmPw6jYYI51H85GHjBMT4WDY', false, '2026-11-27T08:47:51.820Z');

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E311GCHJG2YEYCXX9BECWA', 'usr_01M8E311GCYA1B4DD6SXPANVQT', E'\\xcc1a2f122e8448921150a1a514232d17ea3d259364ec0cb8d9f2ca5fe451fb0f', '2026-11-27T08:47:51.820Z', '2026-11-28T08:47:51.820Z', '127.0.0.1', 'node', null);

-- 21-change-password.graphql: 9 distinct, 5 of them above

select "u0".*
  from "user_account" as "u0"
  where "u0"."id" = 'usr_01M8E30X8VHEJ8JM86D4PXR6BG' limit 1;

update "user_account" set "password_hash" = '$argon2id$v=19$m=19456,t=2,p=1$mYmxE5zaJV5X6cfVK8JfRw$hSJqdRNUPzOlR7XvcqvIB5q2uvVzHjQp+5rElGFJNZ8'
  where "id" = 'usr_01M8E30X8VHEJ8JM86D4PXR6BG' and "password_hash" = '$argon2id$v=19$m=19456,t=2,p=1$/xdGXzBTvi3V42BihY2cCw$Q4T4ToHamorWadU7ru0hbqZuiqk1or2V1kZ5g4nPb/8';

delete
  from "session"
  where "user_id" = 'usr_01M8E30X8VHEJ8JM86D4PXR6BG' and "id" != 'ses_01M8E30Z5FQ18QXDFQ29RZP8XX';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311MNED466MDKCT46560E', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:51.957Z', 'user.password_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'admin', '127.0.0.1', 'node', '9bc4cde4-3318-45db-80eb-9d3ad3dc4411', '{}');

-- 22-sign-out.graphql: 5 distinct, 3 of them above

delete
  from "session"
  where "id" = 'ses_01M8E30Z5FQ18QXDFQ29RZP8XX';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E311WS4NFPAFYYNVYRHXF4', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:52.217Z', 'user.sign_out', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'admin', '127.0.0.1', 'node', '3d022519-3e59-4bce-84ba-734ed9831cbb', '{}');

-- 23-user.graphql: 2 distinct, 1 of them above

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "username" = $1;

-- 24-node.graphql: 2 distinct, 2 of them above

-- 25-rotate-token.graphql: 12 distinct, 6 of them above

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = 'tok_01M8E31213584JMWM274Z91M8A' limit 1 for update;

delete
  from "access_token_secret"
  where "namespace_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "token_id" = 'tok_01M8E31213584JMWM274Z91M8A' and "expires_at" < '2026-10-28T08:47:52.384Z';

select "id", "expires_at", "last_used_at"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and ("expires_at" is null or "expires_at" > $3);

update "access_token_secret" set "expires_at" = case when expires_at is null then $1::timestamptz else $2::timestamptz end
  where "id" = any($3) and "namespace_id" = $4 and "token_id" = $5;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E31220TDN9AH9NX7022HXW', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:52.384Z', 'access_token.rotate', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E31213584JMWM274Z91M8A', 'ci', 'ci', '127.0.0.1', 'node', 'ca3ff36e-e1e3-4985-ab42-c44d2ecc8975', '{"graceSeconds":"3600","oldSecretEndsAt":"2026-11-27T09:47:52.384Z"}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E31220HETZK5463C3EPGX1', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'tok_01M8E31213584JMWM274Z91M8A', E'\\xc44d6325b3b25f2c192a43ae3c4f3a96bd881c7dc311c07ff4f426faf125a08f', 'tHlO', '2026-11-27T08:47:52.384Z', null, null, null);

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

-- 29-explain-access.graphql: 5 distinct, 3 of them above

select hash as "hash"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and "expires_at" is null;

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

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3127GEH3RK70KXXB1JWBF', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:52.560Z', 'access_token.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E3127G9E5X0T9D4062EETZ', 'laptop', 'laptop', '127.0.0.1', 'node', 'ba6869f0-17db-40db-aee6-9b9521f008b7', '{"access":"READ_WRITE","expiresAt":"never","scopes":"*/*"}');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E3127G9E5X0T9D4062EETZ', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'laptop', 'My own pushes', null, '2026-11-27T08:47:52.560Z', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', null, null, 'READ_WRITE', null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E3127G9E5X0T9D4062EETZ', 0, 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'REACHABLE_REPOSITORIES', null, null, '{IMAGE_PUSH,REPOSITORY_READ}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E3127GHPPJH2B1VA5VXRK2', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'tok_01M8E3127G9E5X0T9D4062EETZ', E'\\x9a4d44412b17f1fda0c8798f5b852f8d760a2377e47fc59f5adca3cab54636ed', 'dcn4', '2026-11-27T08:47:52.560Z', null, null, null);

-- 31-sign-in-device.graphql: 16 distinct, 7 of them above

select "id"
  from "user_account"
  where "id" = $1 and "password_hash" = $2 for no key update;

delete
  from "session"
  where "user_id" = 'usr_01M8E30X8VHEJ8JM86D4PXR6BG' and "expires_at" <= '2026-11-27T08:47:52.733Z';

select "s"."id" as "sessionId", "s"."device_name" as "deviceName", "t"."id", "t"."label"
  from "session" as "s"
  inner
  join "access_token" as "t" on "t"."session_id" = "s"."id"
  where "s"."user_id" = $1
  order by "s"."id" for update of "s";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312CXHRKDPB6PFZ1C780D', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:52.733Z', 'user.device_sign_in', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', 'tok_01M8E312CXGBBA78ZCV3BVE8AJ', 'desktop', 'desktop', '127.0.0.1', 'node', '3b41228a-714a-4459-a71f-f93a4e889f74', '{"expiresAt":"2027-02-25T08:47:52.733Z"}');

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E312CX6VGS93RM10257CFD', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', E'\\xfbf258c8a6b74557a6808ff212b20e3765f5c9e0cfcb952a52333eb1a8d0f982', '2026-11-27T08:47:52.733Z', '2027-02-25T08:47:52.733Z', '127.0.0.1', 'node', 'desktop');

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values ('tok_01M8E312CXGBBA78ZCV3BVE8AJ', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'desktop', null, null, '2026-11-27T08:47:52.733Z', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2027-02-25T08:47:52.733Z', null, 'READ_WRITE_DELETE', 'ses_01M8E312CX6VGS93RM10257CFD');

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values ('tok_01M8E312CXGBBA78ZCV3BVE8AJ', 0, 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'REACHABLE_REPOSITORIES', null, null, '{IMAGE_DELETE,REPOSITORY_READ}');

insert into "access_token_secret" ("id", "namespace_id", "token_id", "hash", "hint", "created_at", "expires_at", "last_used_at", "refused_at")
  values ('sec_01M8E312CXT92F3WY32Q06GSBD', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'tok_01M8E312CXGBBA78ZCV3BVE8AJ', E'\\xfbf258c8a6b74557a6808ff212b20e3765f5c9e0cfcb952a52333eb1a8d0f982', '6JFm', '2026-11-27T08:47:52.733Z', null, null, null);

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

-- 34-create-webhook.graphql: 8 distinct, 4 of them above

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "id" = $1 for no key update;

select count(*) as "count"
  from "webhook" as "w0"
  where "w0"."namespace_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ';

insert into "webhook" ("id", "namespace_id", "url", "description", "events", "is_active", "encrypted_secret", "created_at")
  values ('whk_01M8E312MEARP0FWEMPZYGQWKY', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'http://127.0.0.1:9/', null, '{TOKEN_EXPIRED}', true, E'\\x1c4a673ffc9f318017314746008ae5634c956371509bd28bf4b11014e8e5342cc3538a4b3502bf235623baea23e053f8fcb0d60c3deb8acc91a9d468', '2026-11-27T08:47:52.974Z');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312MEYMYP8GG9CTKF8ZG2', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:52.974Z', 'webhook.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '5a19be19-d96a-4a8f-aa20-9e20138c57ec', '{"events":"TOKEN_EXPIRED"}');

-- 35-webhooks.graphql: 5 distinct, 1 of them above

select "id", "namespace_id" as "organizationId", "url", "description", events as "events", "is_active" as "isActive", "created_at" as "createdAt"
  from "webhook"
  where "namespace_id" = $1
  order by "id" limit $2;

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
  inner
  join "delivery" as "d" on d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text)
  group by "w"."webhook_id";

-- 36-update-webhook.graphql: 6 distinct, 3 of them above

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = 'whk_01M8E312MEARP0FWEMPZYGQWKY' limit 1 for update;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312SZP50TCMBAQ4F5YYJA', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.151Z', 'webhook.update', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', 'dc7628a4-0a34-4736-8dc8-8c54782b8a9f', '{"events":"TOKEN_EXPIRING TOKEN_EXPIRED"}');

update "webhook" set "events" = '{TOKEN_EXPIRING,TOKEN_EXPIRED}'
  where "id" = 'whk_01M8E312MEARP0FWEMPZYGQWKY';

-- 37-rotate-webhook-secret.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312VW08WPD566JSG2MZ3N', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.212Z', 'webhook.secret_rotate', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', 'e3df9c99-61ed-4ba1-922a-d15d069f04f0', '{}');

update "webhook" set "encrypted_secret" = E'\\x087ee0b8b386857961e059fa958d9ff1c4a0731ca3fb7736849add0ce94a4bd0d84337151b5d8c61ce10c24639c89426f385b35589e316956e7a2c88', "encrypted_previous_secret" = E'\\x1c4a673ffc9f318017314746008ae5634c956371509bd28bf4b11014e8e5342cc3538a4b3502bf235623baea23e053f8fcb0d60c3deb8acc91a9d468', "previous_secret_ends_at" = '2026-11-28T08:47:53.212Z'
  where "id" = 'whk_01M8E312MEARP0FWEMPZYGQWKY';

-- 38-replay-webhook-delivery.graphql: 8 distinct, 3 of them above

select "d0".*
  from "delivery" as "d0"
  where "d0"."id" = 'whd_01M8E312QKAEJTF5QRSXB8MKRX' limit 1 for update;

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = 'whk_01M8E312MEARP0FWEMPZYGQWKY' limit 1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312XBD6103V3VBQCYQGZB', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.259Z', 'webhook.replay', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '1cb588ed-16e1-45f8-b7de-4442b9f651d6', '{"delivery":"whd_01M8E312QKAEJTF5QRSXB8MKRX"}');

update "delivery" set "next_attempt_at" = '2026-11-27T08:47:53.259Z'
  where "id" = 'whd_01M8E312QKAEJTF5QRSXB8MKRX';

select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
  from "delivery" as "d"
  inner
  join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
  inner
  join "namespace" as "s" on "s"."id" = "d"."namespace_id"
  where "d"."id" = $1;

-- 39-delete-webhook.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E312ZDHVJ83E12X6Y0B433', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.325Z', 'webhook.delete', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'http://127.0.0.1:9/', '127.0.0.1', 'node', '3389850a-3663-4120-8e57-c0524bfcc19d', '{}');

delete
  from "webhook"
  where "id" in ('whk_01M8E312MEARP0FWEMPZYGQWKY');

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
  where "organization_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "expires_at" <= '2026-11-27T08:47:53.377Z';

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
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."id" = any($2);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313115RS695BZEEGFS4T2', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.377Z', 'member.invite', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'grace@example.com', '127.0.0.1', 'node', 'e6a7c537-87c1-4278-a9ed-e2c3142a686b', '{"role":"EDITOR"}'), ('evt_01M8E31311DDAN01YPYQ6PB6P2', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.377Z', 'member.invite', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'e6a7c537-87c1-4278-a9ed-e2c3142a686b', '{"role":"EDITOR"}');

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
  where "id" = 'inv_01M8E31311E5ZQN09J3D6FGMC9';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3134SK3CEGPQX39RBSBY4', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.497Z', 'invite.cancel', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'grace@example.com', '127.0.0.1', 'node', '352b131d-4287-4425-b775-bdd501e840a4', '{"role":"EDITOR"}');

-- 53-viewer-invites.graphql: 3 distinct, 2 of them above

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
  from organization o
  where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
  from user_account u
  where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from "invite" as "i"
  where (i.user_id = $1 or lower(i.email) = lower($2::text)) and "i"."expires_at" > $3
  order by "i"."id" desc limit $4;

-- 54-accept-invite.graphql: 10 distinct, 6 of them above

select "o"."id"
  from "organization" as "o"
  where "o"."id" = $1 and (exists (select "m"."user_id"
  from "membership" as "m"
  where "m"."organization_id" = "o"."id" and "m"."user_id" = $2 and "m"."role" = $3) or exists (select "c"."user_id"
  from "company_owner" as "c"
  where "c"."company_id" = "o"."company_id" and "c"."user_id" = $4));

delete
  from "invite"
  where "id" = 'inv_01M8E31311SS1FYNT5Y49DN7GE';

delete
  from "invite"
  where "organization_id" = $1 and (user_id = $2 or lower(email) = (select lower(u.email)
  from user_account u
  where u.id = $3));

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313A27EF9NPC8PGHBS3EQ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.666Z', 'invite.accept', 'USER', 'usr_01M8E311GCYA1B4DD6SXPANVQT', 'ada', null, null, 'ada', '127.0.0.1', 'node', '37f9b98e-f881-4f6f-ad5f-78e975a473eb', '{"role":"EDITOR"}');

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
  where "organization_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "user_id" = 'usr_01M8E311GCYA1B4DD6SXPANVQT';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313KQ9ZQ2DN8RPZDZV6GX', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:53.975Z', 'member.role_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'f370a8a8-0966-47bd-ad9f-d1227ee38810', '{"from":"EDITOR","to":"MEMBER"}');

-- 57-remove-member.graphql: 11 distinct, 8 of them above

delete
  from "membership"
  where "organization_id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "user_id" = 'usr_01M8E311GCYA1B4DD6SXPANVQT';

delete
  from "invite"
  where "organization_id" = $1 and "invited_by_id" = $2;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313QENZB11G43AM66Q2WD', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.094Z', 'member.remove', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', 'b4f645dc-5d66-43d5-8e7c-96f8e3f06612', '{"role":"MEMBER"}');

-- 60-create-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313SAWQYNSJ2MY4JNWMXZ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.154Z', 'group.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'developers', '127.0.0.1', 'node', '6d7ea70c-453e-4b13-ace8-9ea60534e3b5', '{}');

insert into "member_group" ("id", "organization_id", "name", "description", "created_at")
  values ('grp_01M8E313SAKR7WCEM9XYWNQD36', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'developers', 'Those who build the API', '2026-11-27T08:47:54.154Z');

-- 61-add-group-member.graphql: 10 distinct, 4 of them above

select "g0".*
  from "member_group" as "g0"
  where "g0"."id" = 'grp_01M8E313SAKR7WCEM9XYWNQD36' limit 1 for update;

select "u"."id" as "userId"
  from "user_account" as "u"
  inner
  join "membership" as "m" on "m"."user_id" = "u"."id"
  where "u"."username" = $1 and "m"."organization_id" = $2 for key share of "m";

insert into "group_membership" ("organization_id", "group_id", "user_id", "joined_at")
  values ($1, $2, $3, $4)
  on conflict do nothing
  returning "user_id";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313W07K6BHBZSPYEW3JXS', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.240Z', 'group.member_add', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'developers', '127.0.0.1', 'node', '9594c15f-1134-482d-b411-a02708f1cb83', '{"member":"admin"}');

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

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E313YA68374FCYNX5EE5V1', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.314Z', 'group.repository_access', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'developers', '127.0.0.1', 'node', 'a83ba370-1244-460c-b600-1d6abfd1aad9', '{"repository":"acme/api","access":"WRITE"}');

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

-- 64-update-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3142PPM4RJB9DXDEJF1P7', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.454Z', 'group.update', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'developers', '127.0.0.1', 'node', 'bdc47282-5789-499e-bc57-d19c45bebfeb', '{"name":"api-developers"}');

update "member_group" set "name" = 'api-developers'
  where "id" = 'grp_01M8E313SAKR7WCEM9XYWNQD36';

-- 65-remove-group-member.graphql: 9 distinct, 7 of them above

delete
  from "group_membership"
  where "organization_id" = $1 and "group_id" = $2 and "user_id" = $3
  returning "user_id";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3144RWMEKSWBK9T6WABJY', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.520Z', 'group.member_remove', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'api-developers', '127.0.0.1', 'node', '5beba3cb-564c-4de3-8a75-d1e8ba5de4f0', '{"member":"admin"}');

-- 66-delete-group.graphql: 6 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3146H9JF6FP4F6ZDDRJ2A', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.577Z', 'group.delete', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'api-developers', '127.0.0.1', 'node', '59ecf3c7-2645-4f1b-91d0-44dfe173d4a9', '{}');

delete
  from "member_group"
  where "id" in ('grp_01M8E313SAKR7WCEM9XYWNQD36');

-- 70-create-company.graphql: 8 distinct, 3 of them above

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "username" = any($1);

insert into "company" ("id", "name", "created_at")
  values ('com_01M8E3148561YKJSFG0C27ZG1H', 'holding', '2026-11-27T08:47:54.629Z');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E31485TQ81EZX2K6NV81Y4', 'usr_01M8E311GCYA1B4DD6SXPANVQT', '2026-11-27T08:47:54.629Z', 'company.owner_add', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', '0e8f3b80-845a-4a62-988c-7f8633270684', '{"company":"holding"}'), ('evt_01M8E314851BQRAW2HY2M29GW7', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:54.629Z', 'company.create', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'holding', '127.0.0.1', 'node', '0e8f3b80-845a-4a62-988c-7f8633270684', '{"owners":"ada"}');

insert into "company_owner" ("company_id", "user_id")
  values ('com_01M8E3148561YKJSFG0C27ZG1H', 'usr_01M8E311GCYA1B4DD6SXPANVQT');

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt", "company_id" as "companyId"
  from "user_account"
  inner
  join "company_owner" on "user_id" = "id"
  where "company_id" = any($1)
  order by "username";

-- 71-add-organization-to-company.graphql: 10 distinct, 5 of them above

select "c"."id", "c"."name", exists ( select
  from company_owner own
  where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  from "company" as "c"
  where "c"."name" = $2;

select "id"
  from "company"
  where "id" = $1 for no key update;

update "organization" set "company_id" = 'com_01M8E3148561YKJSFG0C27ZG1H'
  where "id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E314AAV5WW5P0D67TBJYQQ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:54.698Z', 'organization.company_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', '6449bfc4-b7ce-43be-afa2-3d9ea0de47dc', '{"to":"holding"}');

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "company_id" = any($1);

-- 72-add-company-owner.graphql: 10 distinct, 7 of them above

insert into "company_owner" ("company_id", "user_id")
  values ($1, $2)
  on conflict do nothing
  returning "user_id";

select "id"
  from "organization"
  where "company_id" = $1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E314WH9031T73W3CDZKC29', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', '2026-11-27T08:47:55.281Z', 'company.owner_add', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'admin', '127.0.0.1', 'node', '476071d3-61e0-4e7a-a66b-d361300dcf9e', '{"company":"holding"}'), ('evt_01M8E314WHQP2CYMZWDJN39BP0', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.281Z', 'company.owner_add', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'admin', '127.0.0.1', 'node', '476071d3-61e0-4e7a-a66b-d361300dcf9e', '{"company":"holding"}');

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

-- 75-remove-company-owner.graphql: 11 distinct, 8 of them above

select "user_id"
  from "company_owner"
  where "company_id" = $1;

delete
  from "company_owner"
  where "company_id" = 'com_01M8E3148561YKJSFG0C27ZG1H' and "user_id" = 'usr_01M8E311GCYA1B4DD6SXPANVQT';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E315128YB0WR749B0EV0BA', 'usr_01M8E311GCYA1B4DD6SXPANVQT', '2026-11-27T08:47:55.426Z', 'company.owner_remove', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', '5e545f15-22fd-4a66-ae40-203d84bdc1fc', '{"company":"holding"}'), ('evt_01M8E31512T08KB2M0HYSMT3RJ', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.426Z', 'company.owner_remove', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'ada', '127.0.0.1', 'node', '5e545f15-22fd-4a66-ae40-203d84bdc1fc', '{"company":"holding"}');

-- 76-remove-organization-from-company.graphql: 8 distinct, 6 of them above

update "organization" set "company_id" = null
  where "id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ' and "company_id" = 'com_01M8E3148561YKJSFG0C27ZG1H';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3152DF1ABFAFQT8F17D49', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.469Z', 'organization.company_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', '52454574-d4a3-463e-b33f-59863bc10a26', '{"from":"holding"}');

-- 77-update-organization-policy.graphql: 7 distinct, 5 of them above

update "organization" set "max_token_lifetime_days" = 90
  where "id" = 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ';

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3154W7W3VQZ4PN59K0W3P', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.548Z', 'organization.policy_change', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', '2692a835-b5b2-4f81-93b5-25ad0a55557e', '{"maxTokenLifetimeDays":"90"}');

-- 78-organization-policy.graphql: 1 distinct, 1 of them above

-- 80-configure-sso.graphql: 7 distinct, 4 of them above

insert into "sso_provider" ("organization_id", "issuer", "client_id", "encrypted_client_secret", "redirect_uris", "created_at")
  values ($1, $2, $3, $4, $5, $6)
  on conflict ("organization_id") do update set "issuer" = $7, "client_id" = $8, "encrypted_client_secret" = $9, "redirect_uris" = $10, "created_at" = $11;

delete
  from "sso_attempt"
  where "organization_id" = $1;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3155EN7HVB2E1C38D1P6X', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.566Z', 'organization.sso_configure', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', '413f7ce8-8ae7-4a0c-bf37-21e24a5c959d', '{"issuer":"http://127.0.0.1:36107","clientId":"postern"}');

-- 81-sso-provider.graphql: 2 distinct, 1 of them above

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt"
  from "sso_provider" as "p"
  where "p"."organization_id" = any($1);

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
  values ('sso_01M8E3157N6KNEPNBFZFXDR0T5', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', E'\\x3907f1bf17dc25f52b8d25756bb3ee3651cb5fcb4554f6ddc551fea8040ebc88', 'o5UBLjiBXpnBGtE8XfmK7LIIOJ5dBFMDqwu7cbq6c-k', '49LZQoaka3U-JXZ_O0MbMTP8iHtn377K0LLfViqVg7Y', 'PTaN3KNRH-Vf5MVFbEEeWRCHZGzty2Z8VVVQ6AAG6ow', 'https://frontend.example.com/callback', '2026-11-27T08:47:55.637Z', '2026-11-27T08:57:55.637Z');

-- 83-complete-sso-sign-in.graphql: 17 distinct, 5 of them above

delete
  from "sso_attempt"
  where "secret_hash" = $1
  returning "organization_id" as "organizationId", "state", "nonce", "code_verifier" as "codeVerifier", "redirect_uri" as "redirectUri", "expires_at" as "expiresAt";

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt", "o"."name" as "organizationName", "p"."encrypted_client_secret" as "encryptedClientSecret"
  from "sso_provider" as "p"
  inner
  join "organization" as "o" on "o"."id" = "p"."organization_id"
  where "o"."id" = $1;

select "u"."id", "u"."username", "u"."is_administrator" as "isAdministrator"
  from "sso_identity" as "i"
  inner
  join "user_account" as "u" on "u"."id" = "i"."user_id"
  where "i"."organization_id" = $1 and "i"."issuer" = $2 and "i"."subject" = $3;

select "organization_id"
  from "sso_provider"
  where "organization_id" = $1 and "encrypted_client_secret" = $2 for share;

select "name"
  from "namespace"
  where "name" in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99);

insert into "namespace" ("id", "name", "kind")
  values ('usr_01M8E315A4GP69VK1MS77YX9GM', 'grace', 'USER');

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E315A4JDMTSA0G5PF2JMA2', 'usr_01M8E315A4GP69VK1MS77YX9GM', '2026-11-27T08:47:55.716Z', 'user.sign_up', 'USER', 'usr_01M8E315A4GP69VK1MS77YX9GM', 'grace', null, null, 'grace', '127.0.0.1', 'node', '759fb20b-4af9-4a93-9e3a-e715f3f5e1d4', '{"through":"acme"}');

insert into "user_account" ("id", "username", "email", "display_name", "password_hash", "is_administrator", "created_at")
  values ('usr_01M8E315A4GP69VK1MS77YX9GM', 'grace', null, 'grace', '$argon2id$v=19$m=19456,t=2,p=1$4an1PK0oDwMyvUS2LchJuA$hkQj7K2H9lVhpPlEivpQ56zJMNGQuEAh0xBCiEozZ3g', false, '2026-11-27T08:47:55.716Z');

insert into "sso_identity" ("organization_id", "issuer", "subject", "user_id", "created_at")
  values ('org_01M8E30ZRPEJYTGPKBPVS9NNEZ', 'http://127.0.0.1:36107', 'grace', 'usr_01M8E315A4GP69VK1MS77YX9GM', '2026-11-27T08:47:55.716Z');

delete
  from "session"
  where "user_id" = 'usr_01M8E315A4GP69VK1MS77YX9GM' and "expires_at" <= '2026-11-27T08:47:55.716Z';

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name")
  values ('ses_01M8E315A4VJ96PE8DHPQV5Q8N', 'usr_01M8E315A4GP69VK1MS77YX9GM', E'\\x7a194f7aba6354d64b369903245e8dff966fb872e45eb7f5803be930f1a34371', '2026-11-27T08:47:55.716Z', '2026-11-28T08:47:55.716Z', '127.0.0.1', 'node', null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E315A4XAP22BGPKMPFDVB3', 'usr_01M8E315A4GP69VK1MS77YX9GM', '2026-11-27T08:47:55.716Z', 'user.sign_in', 'USER', 'usr_01M8E315A4GP69VK1MS77YX9GM', 'grace', null, null, 'grace', '127.0.0.1', 'node', '759fb20b-4af9-4a93-9e3a-e715f3f5e1d4', '{"through":"acme"}'), ('evt_01M8E315A45X83JM9HZJQDVA11', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:55.716Z', 'organization.sso_join', 'USER', 'usr_01M8E315A4GP69VK1MS77YX9GM', 'grace', null, null, 'grace', '127.0.0.1', 'node', '759fb20b-4af9-4a93-9e3a-e715f3f5e1d4', '{"role":"MEMBER","through":"acme"}');

-- 84-remove-sso.graphql: 9 distinct, 6 of them above

select "sso_enforced"
  from "organization"
  where "id" = $1 for no key update;

delete
  from "sso_provider"
  where "organization_id" = $1
  returning "issuer";

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E315QTK3SQWB6QVJN3C3C0', 'org_01M8E30ZRPEJYTGPKBPVS9NNEZ', '2026-11-27T08:47:56.154Z', 'organization.sso_remove', 'USER', 'usr_01M8E30X8VHEJ8JM86D4PXR6BG', 'admin', null, null, 'acme', '127.0.0.1', 'node', 'd734e2b5-8110-4dd4-8071-5315600f287e', '{"issuer":"http://127.0.0.1:36107"}');

-- 90-activity.graphql: 5 distinct, 2 of them above

select "e"."id", "e"."at", "e"."action", "e"."actor_kind" as "actorKind", "e"."actor_id" as "actorId", "e"."actor_name" as "actorName", "e"."token_id" as "tokenId", "e"."token_label" as "tokenLabel", "e"."target", host(e.ip_address) as "ipAddress", "e"."user_agent" as "userAgent", e.data as "data"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1 and "e"."id" < $2
  order by "e"."id" desc limit $3;

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner
  join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left
  join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = any($1);

select count(*) as "count"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1;

-- 93-usage-report.graphql: 5 distinct, 3 of them above

set local plan_cache_mode = force_custom_plan;

select to_char(d.day, 'YYYY-MM-DD"T00:00:00.000Z"') as day, nullif(coalesce(d.token_id, ''), '') as "tokenId", substr(max(to_char(d.day, 'YYYY-MM-DD') || d.token_label), 11) as "tokenLabel", bool_or(d.user_id is not null) as "isOfPerson", null as "userId", d.repository as repository, null as "ipAddress", least(sum(d.pulls), 2147483647)::int as pulls, least(sum(d.pushes), 2147483647)::int as pushes
  from usage_day d
  where d.namespace_id = $1 and d.day between $2 and $3
  group by d.day, coalesce(d.token_id, ''), d.repository
  order by d.day, sum(d.pulls) desc, sum(d.pushes) desc, d.day, coalesce(d.token_id, ''), d.repository limit $4;

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
  values ('evt_01M8E3166YSND35Q42D6WPZ3D3', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:56.638Z', 'access_token.first_use', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'ci', '127.0.0.1', 'node', null, '{}');

-- GET /token, login with an organization's token: 1 distinct, 1 of them above

-- GET /token, pull with an organization's token: 3 distinct, 2 of them above

with settings as materialized (select set_config('synchronous_commit', 'off', true)), registries as materialized ( select exists (select
  from deployment
  where id = 1 and last_registry_event_at > $1) as report ), wanted as ( select *
  from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::int[], $8::int[]) with ordinality as u (namespace_id, subject_id, starts_at, at, seconds, slot_seconds, pull_limit, position) ), items as ( select *
  from unnest($9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::cidr[], $14::text[]) with ordinality as i (namespace_id, subject_id, starts_at, repository, network, client, position) ), limited as materialized ( select *
  from wanted
  where pull_limit is not null or not (select report
  from registries) ), tokens as materialized ( select namespace_id, id
  from access_token
  where (namespace_id, id) in (select namespace_id, subject_id
  from limited)
  order by namespace_id, id for key share ), alive as ( select namespace_id, id as subject_id
  from tokens
  union all select namespace_id, subject_id
  from limited
  where subject_id = namespace_id ), fresh as materialized ( select i.*, u.at
  from items i
  join limited u on ("u"."namespace_id", "u"."subject_id", "u"."starts_at") = ("i"."namespace_id", "i"."subject_id", "i"."starts_at")
  where not exists ( select
  from "pull_reservation" r
  where ("r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client") = ("i"."namespace_id", "i"."subject_id", "i"."starts_at", "i"."repository", "i"."network", "i"."client") and r.expires_at > u.at ) ), numbered as materialized ( select u.*, coalesce(w.settlements, 0) as settlements, coalesce(f.fresh, 0) as fresh, i.items
  from limited u
  join alive on ("alive"."namespace_id", "alive"."subject_id") = ("u"."namespace_id", "u"."subject_id")
  join (select "namespace_id", "subject_id", "starts_at", count(*)::int as items
  from items
  group by "namespace_id", "subject_id", "starts_at") i on ("i"."namespace_id", "i"."subject_id", "i"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")
  left
  join (select "namespace_id", "subject_id", "starts_at", count(*)::int as fresh
  from fresh
  group by "namespace_id", "subject_id", "starts_at") f on ("f"."namespace_id", "f"."subject_id", "f"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")
  left
  join "usage_window" w on ("w"."namespace_id", "w"."subject_id", "w"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at") ), counted as ( insert into "usage_window" as w ("namespace_id", "subject_id", "starts_at", pulls, reserved, reservation_slot, slot_seconds, checked_slot, settlements , pull_limit, limit_known, is_notice_due) select "u"."namespace_id", "u"."subject_id", "u"."starts_at", 0, array[0, 0, 0, 0, u.fresh], u.seconds, u.slot_seconds, u.seconds, u.settlements , u.pull_limit, true, coalesce(case when "u"."pull_limit" is null then null when "u"."fresh" >= "u"."pull_limit" then 100 when "u"."fresh"::bigint * 100 >= "u"."pull_limit"::bigint * 80 then 80 else 0 end > 0, false)
  from numbered u
  where u.pull_limit is null or u.fresh <= u.pull_limit
  order by "u"."namespace_id", "u"."subject_id", "u"."starts_at"
  on conflict ("namespace_id", "subject_id", "starts_at") do update set reserved = array[coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0), coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0) + case when w.settlements = excluded.settlements then excluded.reserved[5] else (select n.items
  from numbered n
  where ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("excluded"."namespace_id", "excluded"."subject_id", "excluded"."starts_at")) end], reservation_slot = ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds"), unreported = "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))), checked = array[coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0), coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0)], checked_slot = ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5), slot_seconds = excluded.slot_seconds , pull_limit = excluded.pull_limit, limit_known = true, is_notice_due = w.is_notice_due or coalesce(case when "excluded"."pull_limit" is null then null when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
  from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + excluded.reserved[5]) >= "excluded"."pull_limit" then 100 when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
  from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + excluded.reserved[5])::bigint * 100 >= "excluded"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false)
  where coalesce((("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when (select report
  from registries) then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) + (coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0) + coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0))) + case when w.settlements = excluded.settlements then excluded.reserved[5] else (select n.items
  from numbered n
  where ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("excluded"."namespace_id", "excluded"."subject_id", "excluded"."starts_at")) end <= (select n.pull_limit
  from numbered n
  where ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("excluded"."namespace_id", "excluded"."subject_id", "excluded"."starts_at")), true)
  returning "w"."namespace_id", "w"."subject_id", "w"."starts_at", w.reservation_slot, w.slot_seconds ), made as ( insert into "pull_reservation" ("namespace_id", "subject_id", "starts_at", "repository", "network", "client", made_at, expires_at) select "f"."namespace_id", "f"."subject_id", "f"."starts_at", "f"."repository", "f"."network", "f"."client", f.at, f.starts_at + make_interval(secs => c.reservation_slot + 5 * c.slot_seconds)
  from fresh f
  join counted c on ("c"."namespace_id", "c"."subject_id", "c"."starts_at") = ("f"."namespace_id", "f"."subject_id", "f"."starts_at")
  order by "f"."namespace_id", "f"."subject_id", "f"."starts_at", "f"."repository", "f"."network", "f"."client"
  on conflict ("namespace_id", "subject_id", "starts_at", "repository", "network", "client") do update set made_at = excluded.made_at, expires_at = excluded.expires_at, is_checked = false ) select u.position::int - 1 as position, case when u.pull_limit is null and (select report
  from registries) then 'COUNTED' when exists (select
  from counted c
  where ("c"."namespace_id", "c"."subject_id", "c"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")) then 'COUNTED' when exists (select
  from numbered n
  where ("n"."namespace_id", "n"."subject_id", "n"."starts_at") = ("u"."namespace_id", "u"."subject_id", "u"."starts_at")) then 'LIMIT_REACHED' else 'NO_SUBJECT' end as outcome
  from settings, wanted u;

-- GET /token, push with an organization's token: 2 distinct, 2 of them above

-- GET /token, first push to a new repository: 7 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316BCJDAFXDMCFNX1K8ZF', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:56.780Z', 'repository.create', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'acme/new', '127.0.0.1', 'node', '19168127-4b3a-4aa8-9153-4dce97c5a8f7', '{"visibility":"PRIVATE"}');

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values ('rep_01M8E316BC8S1Y9WK5K6HWW15D', 'org_01M8E315X09D45X4K2PQ1YDQ0H', 'new', null, 'PRIVATE', '2026-11-27T08:47:56.780Z');

-- GET /token, login with an unknown token: 0 distinct, 0 of them above

-- GET /token, first use of a personal token: 5 distinct, 4 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316D7N75JT4E537KHDSVX', 'usr_01M8E30YZ76RQD9RAWJ0261NF4', '2026-11-27T08:47:56.839Z', 'access_token.first_use', 'PERSONAL_TOKEN', 'tok_01M8E3160XW2ZMVGNS33SHW1A9', 'admin', 'tok_01M8E3160XW2ZMVGNS33SHW1A9', 'desktop', 'desktop', '127.0.0.1', 'node', null, '{}');

-- GET /token, pull with a personal token: 3 distinct, 3 of them above

-- GET /token, login with a password: 6 distinct, 5 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316F4JCNTC6WS282P88XP', 'usr_01M8E30YZ76RQD9RAWJ0261NF4', '2026-11-27T08:47:56.900Z', 'user.sign_in', 'USER', 'usr_01M8E30YZ76RQD9RAWJ0261NF4', 'admin', null, null, 'admin', '127.0.0.1', 'node', 'a7810f58-4436-45ae-919f-669460450227', '{"via":"registry"}');

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
  left
  join repository r on r.namespace_id = n.id and r.path = w.path;

select t.id, t.label, n.id as "namespaceId", n.name, n.kind
  from access_token t
  join namespace n on n.id = t.namespace_id
  where t.id = any($1)
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

insert into repository_tag as t (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name) select u.*
  from unnest( $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[] ) as u (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
  join repository r on r.namespace_id = u.namespace_id and r.id = u.repository_id
  order by u.namespace_id collate "C", u.repository_id collate "C", u.name collate "C"
  on conflict (namespace_id, repository_id, name) do update set digest = excluded.digest, media_type = excluded.media_type, pushed_at = excluded.pushed_at, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, actor_name = excluded.actor_name
  where t.pushed_at <= excluded.pushed_at;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316VQT5JZKVMYBGT631Q4', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:57.303Z', 'repository.push', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a","mediaType":"application/vnd.oci.image.manifest.v1+json"}');

-- POST /registry/events, pull: 9 distinct, 6 of them above

with report as ( update deployment set last_registry_event_at = $1
  where id = ( select id
  from deployment
  where id = 1 and (last_registry_event_at is null or last_registry_event_at < $2::timestamptz - interval '1 minute') for update skip locked ) ), told as ( select *
  from unnest($3::text[], $4::text[], $5::timestamptz[]) with ordinality as u (namespace_id, subject_id, starts_at, position) ), tokens as materialized ( select namespace_id, id
  from access_token
  where (namespace_id, id) in (select namespace_id, subject_id
  from told)
  order by namespace_id, id for key share ), alive as materialized ( select namespace_id, id
  from tokens union select n.id, n.id
  from namespace n
  where n.id in (select subject_id
  from told) ), windows as materialized ( select 1
  from usage_window
  where (select count(*)
  from alive) > 0 and (namespace_id, subject_id, starts_at) in (select namespace_id, subject_id, starts_at
  from told)
  order by namespace_id, subject_id, starts_at for update ) select namespace_id as "namespaceId", id as "subjectId"
  from alive, (select count(*)
  from windows) as locked;

with open as materialized ( select "r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client", r.expires_at, r.is_checked
  from "pull_reservation" r
  where r.repository = $1 and "r"."namespace_id" = $2 and "r"."subject_id" = $3 and r.starts_at in ($4, $5) and r.expires_at > $6::timestamptz - make_interval(secs => 60) and r.made_at <= $7::timestamptz + make_interval(secs => 60) and true
  order by r.network = $8::cidr desc, r.client = $9 desc, r.expires_at > $10::timestamptz desc, r.expires_at limit $11), closed as ( delete
  from "pull_reservation" r using open
  where ("r"."namespace_id", "r"."subject_id", "r"."starts_at", "r"."repository", "r"."network", "r"."client") = ("open"."namespace_id", "open"."subject_id", "open"."starts_at", "open"."repository", "open"."network", "open"."client")
  returning r.starts_at, r.expires_at, r.is_checked ) insert into "usage_window" as w ("namespace_id", "subject_id", "starts_at", pulls, reservation_slot, checked_slot , is_notice_due)
  values ($12, $13, $14, $15, $16, $17 , true)
  on conflict ("namespace_id", "subject_id", "starts_at") do update set pulls = w.pulls + excluded.pulls, reserved = array[greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 1 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 2 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 3 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 4 * "w"."slot_seconds")) )), greatest(0, coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and not c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds") + 5 * "w"."slot_seconds")) ))], reservation_slot = ("w"."reservation_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") * "w"."slot_seconds"), unreported = "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))), checked = array[greatest(0, coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 1], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5) + 1 * 5)) )), greatest(0, coalesce(("w"."checked")[greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) + 2], 0) - ( select count(*)::int
  from closed c
  where c.starts_at = w.starts_at and c.is_checked and c.expires_at = ("w"."starts_at" + make_interval(secs => ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5) + 2 * 5)) ))], checked_slot = ("w"."checked_slot" + greatest(0, ("excluded"."reservation_slot" - "w"."checked_slot") / 5) * 5), settlements = w.settlements + (select count(*)::int
  from closed) , is_notice_due = w.is_notice_due or not w.limit_known or coalesce(case when "w"."pull_limit" is null then null when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when true then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) - (select count(*)::int
  from closed
  where not is_checked) + excluded.pulls) >= "w"."pull_limit" then 100 when (("w"."pulls" + (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0)) + case when true then 0 else "w"."unreported" + ((("w"."reserved")[1] + ("w"."reserved")[2] + ("w"."reserved")[3] + ("w"."reserved")[4] + ("w"."reserved")[5]) - (coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 1], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 2], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 3], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 4], 0) + coalesce(("w"."reserved")[greatest(0, ("excluded"."reservation_slot" - "w"."reservation_slot") / "w"."slot_seconds") + 5], 0))) end) - (select count(*)::int
  from closed
  where not is_checked) + excluded.pulls)::bigint * 100 >= "w"."pull_limit"::bigint * 80 then 80 else 0 end > w.notified_percent, false);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316XT5PXVEPSSXQKVXT18', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:57.370Z', 'repository.pull', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a","mediaType":"application/vnd.oci.image.manifest.v1+json"}');

-- POST /registry/events, deletion of a tag: 7 distinct, 5 of them above

with gone as ( select t.namespace_id, t.repository_id, t.name
  from unnest( $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[] ) as u (namespace_id, repository_id, name, digest, at)
  join repository_tag t on t.namespace_id = u.namespace_id and t.repository_id = u.repository_id
  where (t.name = u.name or u.name is null and t.digest = u.digest) and t.pushed_at <= u.at
  order by t.namespace_id, t.repository_id, t.name for update of t ) delete
  from repository_tag t using gone
  where t.namespace_id = gone.namespace_id and t.repository_id = gone.repository_id and t.name = gone.name;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E316ZDF18635QTVPETEPH3', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:57.421Z', 'repository.tag_delete', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'acme/api:1.0', '203.0.113.9', 'docker', 'request', '{}');

-- POST /registry/events, deletion of a manifest: 7 distinct, 6 of them above

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values ('evt_01M8E3170QXF9F3ZXWVTW7WE5T', 'org_01M8E315X09D45X4K2PQ1YDQ0H', '2026-11-27T08:47:57.463Z', 'repository.manifest_delete', 'ORGANIZATION_TOKEN', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'acme', 'tok_01M8E315YZ74TGNXP81S43Q12Y', 'ci', 'acme/api@sha256:a', '203.0.113.9', 'docker', 'request', '{"digest":"sha256:a"}');
