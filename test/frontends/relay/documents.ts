import { graphql } from 'relay-runtime'

// The Relay compiler turns these into the documents that the program sends.

export const tokenFragment = graphql`
  fragment documents_token on AccessToken {
    id
    label
    lastUsedAt
  }
`

export const query = graphql`
  query documentsQuery($first: Int, $after: String, $last: Int, $before: String) {
    organization(name: "acme") {
      id
      tokenLimit {
        used
      }
      accessTokens(first: $first, after: $after, last: $last, before: $before)
        @connection(key: "documents_accessTokens") {
        edges {
          node {
            ...documents_token @relay(mask: false)
          }
        }
      }
    }
  }
`

export const generate = graphql`
  mutation documentsGenerateMutation($input: GenerateOrganizationTokenInput!, $connections: [ID!]!) {
    generateOrganizationToken(input: $input) {
      accessTokenEdge @prependEdge(connections: $connections) {
        cursor
        node {
          ...documents_token @relay(mask: false)
        }
      }
      organization {
        id
        tokenLimit {
          used
        }
      }
      userErrors {
        code
      }
    }
  }
`

export const update = graphql`
  mutation documentsUpdateMutation($id: ID!, $label: String!) {
    updateToken(id: $id, input: { label: $label }) {
      accessToken {
        ...documents_token @relay(mask: false)
      }
      userErrors {
        code
      }
    }
  }
`

export const remove = graphql`
  mutation documentsDeleteMutation($id: ID!, $connections: [ID!]!) {
    deleteToken(id: $id) {
      deletedId @deleteEdge(connections: $connections)
      organization {
        id
        tokenLimit {
          used
        }
      }
      userErrors {
        code
      }
    }
  }
`
