-- The SQL that requests send: examples of schema/operations, the token endpoint, and reports of registries, with the
-- number of statements of each. A statement is shown at the first request that sends it.
-- Generated. After a change, run: npm test -- test/statements -u

-- 01-sign-in.graphql: 10

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
    from company_owner c
    join organization o on o.company_id = c.company_id
    where c.user_id = u.id ) as "owned", "u"."password_hash"
  from "user_account" as "u"
  where "u"."username" = $1;

with settings as materialized (select set_config('synchronous_commit', 'off', true)), given as (
    select *
    from unnest($1::bytea[], $2::int[]) with ordinality as u (key, failures, position) ), locked as (
    select f.key
    from failure_count f
    where f.key in (select key
      from given)
    order by f.key for update ) update failure_count f set failures = greatest(f.failures - given.failures, 0)
  from settings, locked
  join given on given.key = locked.key
  where f.key = locked.key
  returning f.failures;

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

begin;

select "id"
  from "user_account"
  where "id" = $1 and "password_hash" = $2 for share;

delete from "session"
  where "user_id" = ? and "expires_at" <= ?;

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name", "token_label")
  values (?, ?, ?, ?, ?, ?, ?, null, null);

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?);

commit;

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
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

insert into "organization" ("id", "name", "display_name", "plan", "company_id", "created_at", "max_token_lifetime_days", "allow_token_reactivation", "allow_token_self_rotation", "sso_enforced", "email_notices")
  values (?, ?, ?, ?, null, ?, null, false, false, false, true);

insert into "membership" ("organization_id", "user_id", "role", "joined_at")
  values ($1, $2, $3, $4)
  on conflict ("organization_id", "user_id") do nothing
  returning "user_id";

select "namespace_id", count(*)::int as "count"
  from "access_token"
  where "namespace_id" = any($1)
  group by "namespace_id";

-- 04-create-repository.graphql: 7

select "n0".*
  from "namespace" as "n0"
  where "n0"."name" = ? limit 1;

insert into "repository" ("id", "namespace_id", "path", "description", "visibility", "created_at")
  values (?, ?, ?, ?, ?, ?);

-- 05-generate-organization-token.graphql: 13

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "allow_token_self_rotation" as "allowTokenSelfRotation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "name" = $1;

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "allow_token_self_rotation" as "allowTokenSelfRotation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
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

select "c"."token_id" as "tokenId", "c"."kind", "c"."repository_id" as "repositoryId", "r"."path" as "repositoryPath", case when c.repository_namespace_id <> c.namespace_id then (select n.name
    from namespace n
    where n.id = c.repository_namespace_id) end as "repositoryNamespace", c.permissions as "permissions"
  from "access_token_scope" as "c"
  left join "repository" as "r" on "r"."id" = "c"."repository_id"
  where "c"."namespace_id" = $1 and "c"."token_id" = any($2::text[])
  order by "c"."token_id", "c"."position";

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = $1;

select "token_id" as "tokenId", "hint", "created_at" as "createdAt", "expires_at" as "expiresAt", "last_used_at" as "lastUsedAt"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = any($2::text[]) and ("expires_at" is null or "expires_at" > $3)
  order by "token_id", "expires_at" desc nulls first, "id" desc;

-- 06-access-tokens.graphql: 8

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "id" = any($1);

select "p".*, "w"."namespace_id" as "namespaceId"
  from unnest($1::text[]) as w (namespace_id)
  inner join lateral (select *
    from (select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", null as "sortValue"
      from "access_token" as "t"
      where (("t"."expires_at" is null or "t"."expires_at" > $2) and "t"."deactivated_at" is null) and "t"."namespace_id" = "w"."namespace_id") as "s"
    order by "s"."id" desc limit $3) as "p" on true
  order by "p"."id" desc;

select "w"."namespace_id" as "namespaceId", "c"."count"
  from unnest($1::text[]) as w (namespace_id)
  inner join lateral (select count(*)::int as "count"
    from "access_token" as "t"
    where (("t"."expires_at" is null or "t"."expires_at" > $2) and "t"."deactivated_at" is null) and "t"."namespace_id" = "w"."namespace_id") as "c" on true;

select coalesce(l.token_id, w.subject_id) as "tokenId", "l"."at", host(l.ip_address) as "ipAddress", "l"."client", "l"."repository", "w"."used" as "pulls"
  from (select *
    from "access_token_last_use"
    where "namespace_id" = $1 and "token_id" = any($2::text[])) as "l"
  full join (select "subject_id", ("usage_window"."pulls" + (coalesce(("usage_window"."reserved")[greatest(0, ($3::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($4::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($5::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($6::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($7::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0)) + case when exists (select
        from deployment
        where id = 1 and last_registry_event_at > $8) then 0 else "usage_window"."unreported" + ((("usage_window"."reserved")[1] + ("usage_window"."reserved")[2] + ("usage_window"."reserved")[3] + ("usage_window"."reserved")[4] + ("usage_window"."reserved")[5]) - (coalesce(("usage_window"."reserved")[greatest(0, ($9::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 1], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($10::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 2], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($11::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 3], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($12::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 4], 0) + coalesce(("usage_window"."reserved")[greatest(0, ($13::int - "usage_window"."reservation_slot") / "usage_window"."slot_seconds") + 5], 0))) end) as "used"
    from "usage_window"
    where "namespace_id" = $14 and "subject_id" = any($15::text[]) and "starts_at" = $16) as "w" on "w"."subject_id" = "l"."token_id";

-- 07-access-token.graphql: 5

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "allow_token_self_rotation" as "allowTokenSelfRotation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "id" = any($1);

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId", "n"."id" as "ownerId", "n"."name" as "ownerName", "o"."plan"
  from "access_token" as "t"
  inner join "namespace" as "n" on "n"."id" = "t"."namespace_id"
  left join "organization" as "o" on "o"."id" = "t"."namespace_id"
  where "t"."id" = any($1);

-- 08-update-token.graphql: 10

select "id", "namespace_id" as "namespaceId"
  from "access_token"
  where id = any($1)
  union all
  select "id", "namespace_id" as "namespaceId"
  from "webhook"
  where id = any($2)
  union all
  select "id", "namespace_id" as "namespaceId"
  from "delivery"
  where id = any($3)
  union all
  select "id", "organization_id" as "namespaceId"
  from "member_group"
  where id = any($4);

select "a0".*
  from "access_token" as "a0"
  where "a0"."id" = ? limit 1 for update;

update "access_token" set "label" = ?, "pull_limit" = 100
  where "id" = ?;

-- 09-deactivate-token.graphql: 8

update "access_token" set "deactivated_at" = ?
  where "id" = ?;

-- 10-activate-token.graphql: 6

select "o0".*
  from "organization" as "o0"
  where "o0"."id" = ? limit 1;

rollback;

-- 11-delete-token.graphql: 9

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
  where "r"."namespace_id" = $3
  order by "r"."path" asc limit $4;

select count(*) as "count"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  where "r"."namespace_id" = $1;

-- 17-repository-tags.graphql: 4

select "name", "digest", "media_type" as "mediaType", "pushed_at" as "pushedAt", "actor_kind" as "actorKind", "actor_id" as "actorId", "actor_name" as "actorName"
  from "repository_tag"
  where "namespace_id" = $1 and "repository_id" = $2
  order by "pushed_at" desc, "name" desc limit $3;

select "r"."id", "r"."namespace_id" as "namespaceId", "n"."kind" as "namespaceKind", "r"."path", n.name || '/' || r.path as "name", "r"."description", "r"."visibility", "r"."created_at" as "createdAt", case when "w"."user_id" <> '' then (
    select g.access
    from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = "w"."user_id"
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1 ) end as "groupAccess", w.position::int - 1 as "position"
  from "repository" as "r"
  inner join "namespace" as "n" on "n"."id" = "r"."namespace_id"
  inner join unnest($1::text[], $2::text[], $3::text[]) with ordinality as w (namespace, path, user_id, position) on "w"."namespace" = "n"."name" and "w"."path" = "r"."path";

select count(*) as "count"
  from "repository_tag"
  where "namespace_id" = $1 and "repository_id" = $2;

-- 17-repository.graphql: 3

-- 18-update-repository.graphql: 7

update "repository" set "visibility" = ?
  where "id" = ?;

-- 19-delete-repository.graphql: 9

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

select "id", "username", "display_name" as "displayName", "email", "created_at" as "createdAt"
  from "user_account"
  where "username" = $1;

-- 24-node.graphql: 2

-- 24-nodes.graphql: 3

-- 25-rotate-token.graphql: 13

select "id", "created_at" as "createdAt", "expires_at" as "expiresAt", "last_used_at" as "lastUsedAt"
  from "access_token_secret"
  where "namespace_id" = $1 and "token_id" = $2 and ("expires_at" is null or "expires_at" > $3);

delete from "access_token_secret"
  where "namespace_id" = ? and "token_id" = ? and "expires_at" < ?;

update "access_token_secret" set "expires_at" = least(expires_at, case when expires_at is null then $1::timestamptz else $2::timestamptz end)
  where "id" = any($3) and "namespace_id" = $4 and "token_id" = $5;

-- 26-device-request.graphql: 4

select "id", "client_id" as "clientId", "device_name" as "deviceName", "ip_address" as "ipAddress", "user_agent" as "userAgent", "created_at" as "createdAt", "expires_at" as "expiresAt"
  from "device_request"
  where "user_code_hash" = $1 and "expires_at" > $2 and "session_id" is null and "denied_at" is null;

-- 27-approve-device.graphql: 13

select "id"
  from "user_account"
  where "id" = $1 for no key update;

select "d"."count", "e"."at"
  from (
    select count(*)::int as count
    from device_request r
    join session s on s.id = r.session_id
    where s.user_id = $1 and r.expires_at > $2::timestamptz ) as "d"
  left join (select "at"
    from "activity_event"
    where "namespace_id" = $3 and "id" >= $4 and "action" in ($5, $6)
    order by "id" desc limit $7) as "e" on true;

select "id", "client_id" as "clientId", "device_name" as "deviceName", "ip_address" as "ipAddress", "user_agent" as "userAgent", "created_at" as "createdAt", "expires_at" as "expiresAt"
  from "device_request"
  where "user_code_hash" = $1 and "expires_at" > $2 and "session_id" is null and "denied_at" is null for update;

select "s"."id" as "sessionId", "s"."device_name" as "deviceName", "t"."id" as "tokenId", "t"."label"
  from "session" as "s"
  left join "access_token" as "t" on "t"."session_id" = "s"."id"
  where "s"."user_id" = $1 and "s"."device_name" is not null
  order by "s"."id" for update of "s";

insert into "session" ("id", "user_id", "secret_hash", "created_at", "expires_at", "ip_address", "user_agent", "device_name", "token_label")
  values (?, ?, ?, ?, ?, ?, ?, ?, null);

update "device_request" set "session_id" = ?
  where "id" = ?;

-- 28-refused-attempts.graphql: 4

select "r"."last_at" as "at", "r"."first_at" as "firstAt", "r"."attempts", "r"."reason", host(r.ip_address) as "ipAddress", "r"."client", "r"."repository", r.permission as "permission"
  from "refused_attempt" as "r"
  where "r"."namespace_id" = $1 and "r"."token_id" is null
  order by "r"."last_at" desc limit $2;

select "r"."last_at" as "at", "r"."first_at" as "firstAt", "r"."attempts", "r"."reason", host(r.ip_address) as "ipAddress", "r"."client", "r"."repository", r.permission as "permission", r.token_id as "tokenId"
  from "refused_attempt" as "r"
  where "r"."namespace_id" = $1 and "r"."token_id" = any($2::text[])
  order by "r"."last_at" desc;

select "t"."id", "t"."label", "t"."description", "t"."pull_limit" as "pullLimit", "t"."created_at" as "createdAt", "t"."created_by_id" as "createdById", "t"."expires_at" as "expiresAt", "t"."deactivated_at" as "deactivatedAt", "t"."access", "t"."session_id" as "sessionId"
  from "access_token" as "t"
  where "t"."namespace_id" = $1 and "t"."id" < $2
  order by "t"."id" desc limit $3;

-- 29-explain-access.graphql: 5

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

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values (?, ?, ?, ?, null, ?, ?, null, null, ?, null);

insert into "access_token_scope" ("token_id", "position", "namespace_id", "kind", "repository_id", "repository_namespace_id", "permissions")
  values (?, 0, ?, ?, null, null, ?);

-- 31-sign-in-device.graphql: 17

select "id"
  from "user_account"
  where "id" = $1 and "password_hash" = $2 for no key update;

insert into "access_token" ("id", "namespace_id", "label", "description", "pull_limit", "created_at", "created_by_id", "expires_at", "deactivated_at", "access", "session_id")
  values (?, ?, ?, null, null, ?, ?, ?, null, ?, ?);

select "u"."id", "u"."username", "u"."display_name", "u"."email", "u"."is_administrator", "u"."created_at", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices, 'role', m.role))
    from membership m
    join organization o on o.id = m.organization_id
    where m.user_id = u.id ) as "memberships", (
    select json_agg(json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name, 'plan', o.plan, 'createdAt', o.created_at::text, 'companyId', o.company_id, 'maxTokenLifetimeDays', o.max_token_lifetime_days, 'allowTokenReactivation', o.allow_token_reactivation, 'allowTokenSelfRotation', o.allow_token_self_rotation, 'ssoEnforced', o.sso_enforced, 'emailNotices', o.email_notices))
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

-- 33-deny-device.graphql: 8

update "device_request" set "denied_at" = ?
  where "id" = ?;

-- 34-create-webhook.graphql: 8

select count(*) as "count"
  from "webhook"
  where "namespace_id" = $1;

insert into "webhook" ("id", "namespace_id", "url", "description", "events", "is_active", "encrypted_secret", "created_at")
  values (?, ?, ?, null, ?, true, ?, ?);

-- 35-webhooks.graphql: 5

select "delivery".*, "w"."webhook_id" as "webhookId"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, webhook_id)
  inner join lateral (select "d"."id", "d"."namespace_id" as "organizationId", "d"."status", "d"."attempts", "d"."next_attempt_at" as "nextAttemptAt", "d"."delivered_at" as "deliveredAt", "d"."response_status" as "responseStatus", "d"."error", "n"."kind", "n"."at", "n"."token_id" as "tokenId", "n"."token_label" as "tokenLabel", n.data as "data", "s"."name"
    from "delivery" as "d"
    inner join "notice" as "n" on "n"."namespace_id" = "d"."namespace_id" and "n"."id" = "d"."notice_id"
    inner join "namespace" as "s" on "s"."id" = "d"."namespace_id"
    where d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text) and "d"."id" < $5
    order by "d"."id" desc limit $6) as "delivery" on true
  order by "delivery"."id" desc;

select "id", "namespace_id" as "organizationId", "url", "description", events as "events", "is_active" as "isActive", "created_at" as "createdAt"
  from "webhook"
  where "namespace_id" = $1
  order by "id" asc limit $2;

select "w"."webhook_id" as "webhookId", count(*)::int as "count"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, webhook_id)
  inner join "delivery" as "d" on d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id and ($3::text is null or d.status = $4::text)
  group by "w"."webhook_id";

-- 36-update-webhook.graphql: 7

select "w0".*
  from "webhook" as "w0"
  where "w0"."id" = ? limit 1 for update;

update "webhook" set "events" = ?
  where "id" = ?;

-- 37-rotate-webhook-secret.graphql: 7

update "webhook" set "encrypted_secret" = ?, "encrypted_previous_secret" = ?, "previous_secret_ends_at" = ?
  where "id" = ?;

-- 38-replay-webhook-delivery.graphql: 9

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

-- 39-delete-webhook.graphql: 7

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
  values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?, ?, ?, ?);

-- 51-invites.graphql: 4

select "i"."id", "i"."organization_id" as "organizationId", (select o.name
    from organization o
    where o.id = i.organization_id) as "organizationName", coalesce(i.email, (select u.username
      from user_account u
      where u.id = i.user_id)) as "invitee", "i"."role", "i"."group_id" as "groupId", "i"."invited_by_id" as "invitedById", "i"."created_at" as "createdAt", "i"."expires_at" as "expiresAt"
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."expires_at" > $2
  order by "i"."id" desc limit $3;

select count(*) as "count"
  from "invite" as "i"
  where "i"."organization_id" = $1 and "i"."expires_at" > $2;

-- 52-cancel-invite.graphql: 7

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
  from "invite" as "i"
  where (i.user_id = $1 or lower(i.email) = lower($2::text)) and "i"."expires_at" > $3
  order by "i"."id" desc limit $4;

-- 54-accept-invite.graphql: 12

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
  order by "username" asc limit $3;

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

-- 61-add-group-member.graphql: 11

select "g0".*
  from "member_group" as "g0"
  where "g0"."id" = ? limit 1 for update;

select "u"."id" as "userId"
  from "user_account" as "u"
  inner join "membership" as "m" on "m"."user_id" = "u"."id"
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
    where "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id" and ($3::text is null or "u"."username" > $4::text)
    order by "u"."username" asc limit $5) as "member" on true
  order by "member"."username" asc;

select "w"."group_id" as "groupId", count(*)::int as "count"
  from unnest( $1::text[], $2::text[] ) as w (organization_id, group_id)
  inner join "group_membership" as "g" on "g"."organization_id" = "w"."organization_id" and "g"."group_id" = "w"."group_id"
  group by "w"."group_id";

-- 62-set-group-repository-access.graphql: 10

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

select "id", "organization_id" as "organizationId", "name", "description"
  from "member_group"
  where "organization_id" = $1
  order by "name" asc limit $2;

select count(*) as "count"
  from "member_group"
  where "organization_id" = $1;

-- 64-update-group.graphql: 7

update "member_group" set "name" = ?
  where "id" = ?;

-- 65-remove-group-member.graphql: 10

delete from "group_membership"
  where "organization_id" = $1 and "group_id" = $2 and "user_id" = $3
  returning "user_id";

-- 66-delete-group.graphql: 7

delete from "member_group"
  where "id" in (?);

-- 70-create-company.graphql: 9

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

-- 71-add-organization-to-company.graphql: 13

select "c"."id", "c"."name", exists (
    select
    from company_owner own
    where own.company_id = c.id and own.user_id = $1 ) as "isOwned"
  from "company" as "c"
  where "c"."name" = $2;

select "id"
  from "company"
  where "id" = $1 for no key update;

update "organization" set "company_id" = ?
  where "id" = ?;

select "id", "name", "display_name" as "displayName", "plan", "created_at" as "createdAt", "company_id" as "companyId", "max_token_lifetime_days" as "maxTokenLifetimeDays", "allow_token_reactivation" as "allowTokenReactivation", "allow_token_self_rotation" as "allowTokenSelfRotation", "sso_enforced" as "ssoEnforced", "email_notices" as "emailNotices"
  from "organization"
  where "company_id" = any($1);

-- 72-add-company-owner.graphql: 12

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

-- 75-remove-company-owner.graphql: 13

select "user_id"
  from "company_owner"
  where "company_id" = $1;

delete from "company_owner"
  where "company_id" = ? and "user_id" = ?;

-- 76-remove-organization-from-company.graphql: 11

update "organization" set "company_id" = null
  where "id" = ? and "company_id" = ?;

-- 77-update-organization-policy.graphql: 7

update "organization" set "max_token_lifetime_days" = 90
  where "id" = ?;

-- 78-organization-policy.graphql: 1

-- 79-token-itself.graphql: 1

-- 80-configure-sso.graphql: 11

insert into "sso_provider" ("organization_id", "issuer", "client_id", "encrypted_client_secret", "redirect_uris", "created_at")
  values ($1, $2, $3, $4, $5, $6)
  on conflict ("organization_id") do update set "issuer" = $7, "client_id" = $8, "encrypted_client_secret" = $9, "redirect_uris" = $10, "created_at" = $11;

delete from "sso_attempt"
  where "organization_id" = $1;

-- 81-sso-provider.graphql: 2

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
  where "secret_hash" = $1
  returning "organization_id" as "organizationId", "state", "nonce", "code_verifier" as "codeVerifier", "redirect_uri" as "redirectUri", "expires_at" as "expiresAt";

select "p"."organization_id" as "organizationId", "p"."issuer", "p"."client_id" as "clientId", "p"."redirect_uris" as "redirectUris", "p"."created_at" as "createdAt", "o"."name" as "organizationName", "p"."encrypted_client_secret" as "encryptedClientSecret"
  from "sso_provider" as "p"
  inner join "organization" as "o" on "o"."id" = "p"."organization_id"
  where "o"."id" = $1;

select "u"."id", "u"."username", "u"."is_administrator" as "isAdministrator"
  from "sso_identity" as "i"
  inner join "user_account" as "u" on "u"."id" = "i"."user_id"
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

select "e"."id", "e"."namespace_id" as "organizationId", "e"."at", "e"."action", "e"."actor_kind" as "actorKind", "e"."actor_id" as "actorId", "e"."actor_name" as "actorName", "e"."token_id" as "tokenId", "e"."token_label" as "tokenLabel", "e"."target", abbrev(e.ip_address) as "ipAddress", "e"."user_agent" as "userAgent", e.data as "data"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1 and "e"."id" < $2
  order by "e"."id" desc limit $3;

select count(*) as "count"
  from "activity_event" as "e"
  where "e"."namespace_id" = $1;

-- 93-usage-report.graphql: 5

set local plan_cache_mode = force_custom_plan;

select to_char(d.day, 'YYYY-MM-DD"T00:00:00.000Z"') as day, null as month, nullif(coalesce(d.token_id, ''), '') as "tokenId", substr(max(to_char(d.day, 'YYYY-MM-DD') || d.token_label), 11) as "tokenLabel", bool_or(d.user_id is not null) as "isOfPerson", null as "userId", d.repository as repository, null as "ipAddress", least(sum(d.pulls), 2147483647)::int as pulls, least(sum(d.pushes), 2147483647)::int as pushes
  from usage_day d
  where d.namespace_id = $1 and d.day between $2 and $3
  group by d.day, coalesce(d.token_id, ''), d.repository
  order by d.day, sum(d.pulls) desc, sum(d.pushes) desc, d.day, coalesce(d.token_id, ''), d.repository limit $4;

-- 94-usage-totals.graphql: 5

select least(coalesce(sum(d.pulls), 0), 2147483647)::int as pulls, least(coalesce(sum(d.pushes), 0), 2147483647)::int as pushes
  from usage_day d
  where d.namespace_id = $1 and d.day between $2 and $3;

-- 95-installation.graphql: 1

-- GET /token, first use of an organization's token: 5

with noted as materialized (
    select *
    from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::inet[], $6::cidr[], $7::cidr[], $8::text[], $9::text[], $10::text[]) with ordinality as u (namespace_id, token_id, secret_id, at, ip_address, network, surroundings, client, family, repository, position) ), alive as materialized (
    select namespace_id, id
    from access_token
    where (namespace_id, id) in (select namespace_id, token_id
      from noted)
    order by namespace_id, id for key share ), locked as materialized (
    select namespace_id, token_id, id, expires_at, last_used_at
    from access_token_secret
    where (namespace_id, token_id) in (select namespace_id, id
      from alive) and (id in (select secret_id
        from noted) or expires_at > $11::timestamptz)
    order by id for no key update ), used as materialized (
    select noted.*
    from noted
    join alive on alive.namespace_id = noted.namespace_id and alive.id = noted.token_id ), used_secrets as materialized (
    select u.secret_id, max(u.at) as last_at, min(u.at) as first_at
    from used u
    group by u.secret_id ), ends as materialized (
    select l.token_id, min(u.first_at) + make_interval(secs => $12) as at
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
    where l.at < excluded.at ), fresh as ( insert into access_token_address (namespace_id, token_id, network, first_used_at, client)
    select namespace_id, token_id, network, min(at), (array_agg(family
        order by at))[1]
    from used
    where network is not null
    group by namespace_id, token_id, network
    order by namespace_id, token_id, network
    on conflict (namespace_id, token_id, network) do nothing
    returning namespace_id, token_id, network )
  select distinct on (n.id, t.id, f.network) n.id as "namespaceId", n.name as "namespaceName", n.kind as "namespaceKind", t.id as "tokenId", t.label, u.at, host(u.ip_address) as "ipAddress", f.network::text as network, u.client, t.id in (select token_id
    from used_before) as "wasUsed", exists (
    select
    from access_token_address a
    where a.namespace_id = f.namespace_id and a.token_id = f.token_id and a.network <<= u.surroundings and coalesce(a.client, u.family) = u.family ) as "isFamiliar"
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

-- GET /token, first push to a new repository: 2

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
  from unnest($2::text[]) as u (id)
  on conflict (id) do nothing
  returning id;

select w.position::int - 1 as position, n.id as "namespaceId", r.id as "repositoryId", r.visibility
  from unnest($1::text[], $2::text[]) with ordinality as w (namespace, path, position)
  join namespace n on n.name = w.namespace
  left join repository r on r.namespace_id = n.id and r.path = w.path;

select t.id, t.label, n.id as "namespaceId", n.name, n.kind, array(
    select m.organization_id
    from membership m
    where m.user_id = n.id and m.organization_id = any($1) ) as "memberOf"
  from access_token t
  join namespace n on n.id = t.namespace_id
  where t.id = any($2)
  union all
  select n.id, null, n.id, n.name, n.kind, array(
    select m.organization_id
    from membership m
    where m.user_id = n.id and m.organization_id = any($3) ) as "memberOf"
  from namespace n
  where n.id = any($4) and n.kind = 'USER';

insert into usage_day as d (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes)
  select u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address, (array_agg(u.token_label
      order by u.position desc) filter (where u.token_label is not null))[1], sum(u.pulls), sum(u.pushes)
  from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::inet[], $7::text[], $8::int[], $9::int[]) with ordinality as u (namespace_id, day, repository, token_id, user_id, ip_address, token_label, pulls, pushes, position)
  join namespace n on n.id = u.namespace_id
  group by u.namespace_id, u.day, u.repository, u.token_id, u.user_id, u.ip_address
  order by u.namespace_id collate "C", u.day, u.repository collate "C", u.token_id collate "C", u.user_id collate "C", u.ip_address
  on conflict (namespace_id, day, repository, token_id, user_id, ip_address) do update set pulls = d.pulls + excluded.pulls, pushes = d.pushes + excluded.pushes, token_label = coalesce(excluded.token_label, d.token_label);

insert into repository_tag as t (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
  select u.namespace_id, u.repository_id, u.name, u.digest, u.media_type, u.pushed_at, u.actor_kind, u.actor_id, u.actor_name
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[]) with ordinality as u (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name, position)
  join repository r on r.namespace_id = u.namespace_id and r.id = u.repository_id
  order by u.namespace_id collate "C", u.repository_id collate "C", u.name collate "C"
  on conflict (namespace_id, repository_id, name) do update set digest = excluded.digest, media_type = excluded.media_type, pushed_at = excluded.pushed_at, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, actor_name = excluded.actor_name
  where t.pushed_at <= excluded.pushed_at;

-- POST /registry/events, first push to a new repository: 11

insert into repository (namespace_id, id, path, visibility, created_at)
  select u.namespace_id, u.id, u.path, 'PRIVATE', u.pushed_at
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[]) with ordinality as u (id, namespace_id, path, name, pushed_at, least_event_id, position)
  where (
    select count(*)
    from activity_event e
    where e.namespace_id = u.namespace_id and e.id >= u.least_event_id and e.action = 'repository.delete' and e.target = u.name ) = 0
  order by u.namespace_id collate "C", u.path collate "C"
  on conflict (namespace_id, path) do nothing
  returning id;

insert into "activity_event" ("id", "namespace_id", "at", "action", "actor_kind", "actor_id", "actor_name", "token_id", "token_label", "target", "ip_address", "user_agent", "request_id", "data")
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- POST /registry/events, pull: 9

with report as ( update deployment set last_registry_event_at = $1
    where id = (
      select id
      from deployment
      where id = 1 and ( last_registry_event_at is null or last_registry_event_at < $2::timestamptz - interval '1 minute' ) for update skip locked ) ), told as (
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

-- POST /oauth/device: 2

insert into "device_request" ("id", "device_code_hash", "user_code_hash", "client_id", "device_name", "ip_address", "user_agent", "created_at", "expires_at", "interval_seconds")
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict ("user_code_hash") do nothing
  returning "id";

-- POST /oauth/token, before the approval: 1

update device_request r set last_polled_at = $1::timestamptz, interval_seconds = r.interval_seconds + case when found."isEarly" then 5 else 0 end
  from (
    select q.id, s.user_id as "userId", u.username, q.session_id is null and q.denied_at is null and coalesce(q.last_polled_at + make_interval(secs => q.interval_seconds - 0.5::float8) > $2::timestamptz, false) as "isEarly"
    from device_request q
    left join session s on s.id = q.session_id
    left join user_account u on u.id = s.user_id
    where q.device_code_hash = $3 and q.client_id = $4 for update of q ) found
  where r.id = found.id
  returning r.id, r.device_name as "deviceName", r.ip_address as "ipAddress", r.expires_at as "expiresAt", r.denied_at as "deniedAt", r.session_id as "sessionId", found."userId", found.username, found."isEarly";

-- POST /oauth/token, after the approval: 12

delete from "device_request"
  where "id" = ?;

select "s0".*
  from "session" as "s0"
  where "s0"."id" = ? limit 1 for update;

update "session" set "secret_hash" = ?
  where "id" = ?;

-- GET /token, with a device's token that was deleted: 15

select "u"."id" as "userId", "u"."username"
  from "session" as "s"
  inner join "user_account" as "u" on "u"."id" = "s"."user_id"
  where "s"."secret_hash" = $1 and "s"."expires_at" > $2 and "s"."device_name" is not null;

select "s0".*
  from "session" as "s0"
  where "s0"."secret_hash" = ? and "s0"."token_label" is not null limit 1 for update;

update "session" set "token_label" = null
  where "id" = ?;
