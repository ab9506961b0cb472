import { type ClassType, Field, InputType, registerEnumType } from 'type-graphql'
import { type ListOrder, orderDirections } from '../domain/shared/list-order.ts'

const OrderDirectionEnum = Object.fromEntries(orderDirections.map((direction) => [direction, direction]))
registerEnumType(OrderDirectionEnum, {
  name: 'OrderDirection',
  description: 'Direction of an order.',
  valuesConfig: {
    ASC: { description: 'From the least value to the greatest: A to Z, oldest to newest.' },
    DESC: { description: 'From the greatest value to the least: Z to A, newest to oldest.' },
  },
})

/** Creates the input type of the order of a list, `XOrder`, and the enum of its fields, `XOrderField`. */
export function orderInputType<Order extends string>(
  name: string,
  plural: string,
  fields: Readonly<Record<Order, string>>,
): ClassType<ListOrder<Order>> {
  const values = Object.fromEntries(Object.keys(fields).map((field) => [field, field]))
  registerEnumType(values, {
    name: `${name}OrderField`,
    description: `Value by which ${plural} can be sorted.`,
    valuesConfig: Object.fromEntries(
      Object.entries<string>(fields).map(([field, description]) => [field, { description }]),
    ),
  })

  @InputType(`${name}Order`, { description: `Order of a list of ${plural}. Its cursors are valid only in this order.` })
  class OrderInput implements ListOrder<Order> {
    @Field(() => values, { description: `Value to sort by.` })
    field!: Order

    @Field(() => OrderDirectionEnum, { description: 'Direction.' })
    direction!: ListOrder['direction']
  }
  return OrderInput
}

export const orderArgument = {
  nullable: true,
  description: 'Order of the list. If omitted, it is that of the description. Cursors are valid only in their order.',
} as const
