Feature: Client credentials
  A backend service asks for a token as itself; no user takes part (RFC 6749 section 4.4).

  @must @RFC6749-4.4.3 @req:cc-success
  Rule: A confidential client that authenticates gets a token of its own

    @id:own-token @catches:refuses-client-credentials @catches:refuses-basic
    Scenario: A service asks for a token
      The plainest flow there is; if it fails, look at the configuration first.
      Given a service client
      When the client asks for a token of its own
      Then the client gets tokens

  @must @RFC6749-4.4.2 @req:cc-requires-client-auth
  Rule: A client that does not authenticate gets no token

    @id:unauthenticated
    Scenario Outline: <what>
      Whoever knows a client_id would otherwise be the service.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      @catches:accepts-client-id-alone
      Examples:
        | case     | what                     | how                      |
        | id-alone | With its client_id alone | with its client_id alone |

      @catches:answers-nobody-with-invalid-request
      Examples:
        | case      | what                     | how                      |
        | anonymous | Without saying who it is | without saying who it is |

  @must @RFC6749-4.4 @req:cc-public-client-refused
  Rule: A public client cannot use this grant

    @id:public-client @catches:serves-client-credentials-to-public-clients
    Scenario: A public client asks for a token of its own
      Anybody can say that they are a client without a secret.
      Given a public client
      When the client asks for a token of its own
      Then the endpoint refuses with "unauthorized_client" or "invalid_client"
      And a service client can ask for a token of its own

  @should @RFC6749-4.4.3 @req:cc-no-refresh-token
  Rule: No refresh token comes with a token of the client's own

    @id:no-refresh-token @catches:issues-refresh-token-to-clients
    Scenario: A service looks for a refresh token
      The client can always ask again; a refresh token would only be one more thing to lose.
      Given a service client
      When the client asks for a token of its own
      And the client got tokens
      Then no refresh token comes with it

  @must @RFC6749-5.2 @RFC6749-3.3 @req:cc-invalid-scope
  Rule: A scope that the client may not have is not granted

    @id:scope-not-granted @catches:grants-any-scope-to-clients @catches:answers-invalid-scope-with-200
    Scenario Outline: <what>
      A client that can name any scope has every right there is.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the token is not good for the unknown scope
      And put right, the request succeeds

      Examples:
        | case    | what                            | how                                  |
        | unknown | A scope that no one knows       | with only an unknown scope           |
        | beside  | An unknown scope beside its own | with an unknown scope beside its own |

  @must @RFC6749-3.3 @req:cc-scope-subset-honoured
  Rule: Who asks for less gets less, or is told

    @id:narrow-scope @catches:ignores-requested-scope
    Scenario: One of two scopes
      A service that asks for the least it needs must not carry more without knowing.
      Given a service client with a token of its own
      When the client asks for a token of its own with one of its scopes
      Then the token has the scope that was asked for, or the answer says which

  @should @RFC9700-4.15.1 @req:cc-subject-distinguishable-from-user
  Rule: A service's own token does not look like a user's

    @id:no-user @catches:names-user-for-service
    Scenario: What introspection says of a service's token
      A resource that goes by the name in the token would open a user's account to a service.
      Given a service client with a token of its own
      When an entitled client introspects the access token
      And the introspection said that the token is active
      Then the introspection does not take the client for a user
