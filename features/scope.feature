Feature: Scope
  What a client may ask for, and what it is told that it got (RFC 6749 section 3.3). The scopes of refreshes and of a client's own tokens are among theirs.

  @must @RFC6749-3.3 @req:scope-omitted-default-or-error
  Rule: A request without scope is served with a default, or refused as one without a valid scope

    @id:omitted @catches:demands-scope @catches:refuses-s256
    Scenario: No scope
      A client that asks for nothing in particular has to learn what it may do about it.
      Given a confidential client
      When the user approves a request without scope
      Then the client gets a code or is told "invalid_scope"
      And the same request with all its scopes succeeds

  @must @RFC6749-3.3 @req:scope-malformed-invalid-scope
  Rule: A scope with characters that no scope has is refused

    @id:malformed @catches:grants-malformed-scopes
    Scenario Outline: A scope with a <what> in it
      What the server has not read as a scope, some other program will read as something else.
      Given a confidential client
      When the user approves a request with a scope that holds a <what>
      Then the malformed scope is refused, tolerating "invalid_request"
      And the same request with all its scopes succeeds

      Examples:
        | case      | what      |
        | quote     | quote     |
        | backslash | backslash |
        | umlaut    | umlaut    |

  @must @RFC6749-3.3 @req:scope-order-irrelevant
  Rule: The order of scopes means nothing

    @id:other-order @catches:compares-scope-as-one-string
    Scenario: The same scopes in the other order
      A client must not have to know how the server sorts.
      Given a confidential client with tokens from a code that its user approved
      When the user approves a request with its scopes in the other order
      Then the token is worth the same as the one before

  @must @RFC6749-3.3 @req:scope-case-sensitive
  Rule: A scope in another case is another scope

    @id:other-case @catches:ignores-scope-case @catches:grants-unknown-scopes
    Scenario: A scope in upper case
      Resources compare letter by letter, and take what the token says for a scope of its own.
      Given a confidential client
      When the user approves a request with one of its scopes in upper case
      Then the misspelt scope is refused or left out of the token
      And the same request with one of its scopes succeeds

  @must @RFC6749-5.1 @RFC6749-3.3 @req:scope-response-when-different
  Rule: A token answer says which scope was granted where it is not the one that was asked for

    @id:default-told @catches:omits-default-scope @catches:refuses-valid-code @catches:sends-scope-as-array
    Scenario: A scope by default
      The client cannot know what the server has made of nothing.
      Given a confidential client
      When the user approves a request without scope
      Then the token answer says which scope was granted by default

  @should @RFC6749-10.3 @RFC6749-3.3 @req:scope-of-client-limit-enforced
  Rule: A client gets no scope that is for other clients

    @id:another-clients @catches:ignores-scopes-of-the-client @catches:grants-unknown-scopes
    Scenario: A scope that another client may ask for
      The user trusts the page that asks, and does not know what this client should never have.
      Given a confidential client
      When the user approves a request with a scope of another confidential client beside its own
      Then the foreign scope is refused or left out of the token
      And the same request with all its scopes succeeds
