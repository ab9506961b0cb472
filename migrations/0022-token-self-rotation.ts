import { Migration } from '@mikro-orm/migrations'

/** Whether the tokens of an organization may rotate themselves. */
export class TokenSelfRotation extends Migration {
  override readonly name = '0022-token-self-rotation'

  override up(): void {
    this.addSql('alter table organization add column allow_token_self_rotation boolean not null default false')
  }

  override down(): void {
    this.addSql('alter table organization drop column allow_token_self_rotation')
  }
}
