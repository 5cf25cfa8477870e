Feature: Client credentials
  A backend service asks for a token as itself; no user takes part (RFC 6749 section 4.4).

  @must @RFC6749-4.4.3 @req:cc-success
  Rule: A confidential client that authenticates gets a token of its own

    @id:with-basic @catches:refuses-client-credentials
    Scenario: Authenticated by HTTP Basic
      The plainest flow there is; if it fails, look at the configuration first.
      Given a service client
      When the client asks for a token of its own
      Then the client gets tokens

  @must @RFC6749-4.4.2 @req:cc-requires-client-auth
  Rule: A client that does not authenticate gets no token

    @id:without-authentication
    Scenario Outline: <how>
      Whoever knows a client_id would otherwise be the service.
      Given a service client
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_client", tolerating "invalid_request"
      And put right, the request succeeds

      Examples:
        | case      | how                       |
        | id-alone  | with its client_id alone  |
        | anonymous | without saying who it is  |
