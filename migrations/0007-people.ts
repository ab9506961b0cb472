import { Migration } from '@mikro-orm/migrations'

/** Groups of an organization's members, their access to repositories, and invites. */
export class People extends Migration {
  override readonly name = '0007-people'

  override up(): void {
    this.addSql(`
      create table member_group (
        organization_id text collate "C" not null references organization on delete cascade,
        id text collate "C" not null unique,
        name text collate "C" not null,
        description text,
        created_at timestamptz(3) not null,
        primary key (organization_id, id),
        unique (organization_id, name)
      )`)
    // Members who leave the organization also leave its groups.
    this.addSql(`
      create table group_membership (
        organization_id text collate "C" not null,
        group_id text collate "C" not null,
        user_id text collate "C" not null,
        joined_at timestamptz(3) not null,
        primary key (organization_id, group_id, user_id),
        foreign key (organization_id, group_id) references member_group (organization_id, id) on delete cascade,
        foreign key (organization_id, user_id) references membership (organization_id, user_id) on delete cascade
      )`)
    this.addSql(`create index group_membership_user_id_idx on group_membership (organization_id, user_id)`)
    this.addSql(`
      create table group_repository (
        organization_id text collate "C" not null,
        repository_id text collate "C" not null,
        group_id text collate "C" not null,
        access text not null check (access in ('READ', 'WRITE', 'ADMIN')),
        primary key (organization_id, repository_id, group_id),
        foreign key (organization_id, group_id) references member_group (organization_id, id) on delete cascade,
        foreign key (organization_id, repository_id) references repository (namespace_id, id) on delete cascade
      )`)
    this.addSql(`create index group_repository_group_id_idx on group_repository (organization_id, group_id)`)
    // The invitee is a person or an e-mail address. An invite stays when its group is deleted.
    this.addSql(`
      create table invite (
        organization_id text collate "C" not null references organization on delete cascade,
        id text collate "C" not null unique,
        user_id text collate "C" references user_account on delete cascade,
        email text,
        role text not null check (role in ('OWNER', 'EDITOR', 'MEMBER')),
        group_id text collate "C",
        invited_by_id text collate "C" references user_account on delete set null,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        primary key (organization_id, id),
        foreign key (organization_id, group_id) references member_group (organization_id, id)
          on delete set null (group_id),
        check ((user_id is null) <> (email is null))
      )`)
    // One invite per organization and invitee. The invitee is first, because people look for theirs in all
    // organizations.
    this.addSql(`create unique index invite_user_id_key on invite (user_id, organization_id) where user_id is not null`)
    this.addSql(
      `create unique index invite_email_key on invite (lower(email), organization_id) where email is not null`,
    )
    this.addSql(`create index invite_invited_by_id_idx on invite (invited_by_id)`)
    this.addSql(`create index invite_group_id_idx on invite (organization_id, group_id) where group_id is not null`)
  }

  override down(): void {
    for (const table of ['invite', 'group_repository', 'group_membership', 'member_group'])
      this.addSql(`drop table ${table}`)
  }
}
