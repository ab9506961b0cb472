import { defineEntity, p } from '@mikro-orm/postgresql'

export const UserSchema = defineEntity({
  name: 'User',
  tableName: 'user_account',
  properties: {
    id: p.text().primary(),
    username: p.text(),
    email: p.text().nullable(),
    displayName: p.text(),
    passwordHash: p.text().hidden().lazy(),
    isAdministrator: p.boolean(),
    createdAt: p.datetime(),
  },
})

/** A person. The id is that of their namespace. */
export class User extends UserSchema.class {}
UserSchema.setClass(User)
