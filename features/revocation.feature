Feature: Revocation
  A client hands back a token that it needs no longer, or that it fears is in other hands (RFC 7009).

  @must @RFC7009-2 @req:revoke-refresh-token
  Rule: A refresh token that is revoked refreshes no more

    @id:refresh-token @catches:pretends-to-revoke-refresh-tokens
    Scenario: A refresh token is revoked
      The user logs out and believes that it is over.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the refresh token alive
      When the client revokes the refresh token
      Then the endpoint says yes
      And the refresh token is dead

  @should @RFC7009-2 @req:revoke-access-token
  Rule: An access token that is revoked opens nothing more

    @id:access-token @catches:pretends-to-revoke-access-tokens @catches:refuses-access-tokens-at-revocation
    Scenario: An access token is revoked
      Who cannot revoke access tokens may say so; to say yes and do nothing is a lie.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the access token alive
      When the client revokes the access token
      Then the access token is dead, or the endpoint says that it cannot revoke it

  @must @RFC7009-2.2.1 @req:revoke-unsupported-token-type-error
  Rule: A server that does not revoke tokens of a type says so in so many words

    @id:unsupported-type @catches:refuses-access-tokens-at-revocation @catches:pretends-to-revoke-access-tokens
    Scenario: An access token is revoked, or its type refused
      A client that hears another error corrects its request for ever; one that hears yes believes that the token is dead.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the access token alive
      When the client revokes the access token
      Then the access token is dead, or the endpoint says that it revokes no tokens of that type

  @must @RFC7009-2.2 @req:revoke-unknown-token-200
  Rule: The revocation of a token that nobody knows succeeds

    @id:unknown-token @catches:refuses-unknown-token
    Scenario Outline: A token that is <what>
      The client wants the token to be worthless, and it is; an error would leave it at a loss.
      Given a confidential client
      When the client revokes the made up token <how>
      Then the endpoint says yes
      And with a wrong secret the same request is refused

      Examples:
        | case    | what                | how                             |
        | short   | short               | with token "x"                  |
        | long    | very long           | with a token of 4096 letters    |
        | strange | of strange letters  | with token "a b&c=d%2 – ü 漢 🦀" |

    @id:unknown-token-jwt @catches:refuses-unknown-token
    Scenario: A token that looks like a JWT
      A server that keeps tokens of its own making only may say that it cannot revoke this kind.
      Given a confidential client
      When the client revokes the made up token with a token that looks like a JWT
      Then the endpoint says yes, tolerating "unsupported_token_type"
      And with a wrong secret the same request is refused

  @must @RFC7009-2.2 @req:revoke-idempotent
  Rule: A token that is dead already can be revoked once more

    @id:twice @catches:refuses-second-revocation
    Scenario Outline: <Token> is revoked twice
      A client that lost the first answer asks again.
      Given a confidential client with tokens from a code that its user approved
      When the client revokes <token> with token_type_hint "<hint>"
      And the endpoint said yes
      And the client revokes <token> with token_type_hint "<hint>"
      Then the endpoint says yes

      Examples:
        | case          | Token           | token             | hint          |
        | refresh-token | A refresh token | the refresh token | refresh_token |
        | access-token  | An access token | the access token  | access_token  |

    @id:expired @catches:refuses-second-revocation @own-realm
    Scenario: An access token is revoked after its time
      A client that tidies up late has done nothing wrong.
      Given a confidential client with tokens from a code that its user approved
      And the lifetime of the access token passes
      When the client revokes the access token with token_type_hint "access_token"
      Then the endpoint says yes, tolerating "unsupported_token_type"

  @must @RFC7009-2.1 @req:revoke-missing-token-param
  Rule: A revocation names a token

    @id:no-token @catches:accepts-revocation-of-nothing
    Scenario Outline: The token is <what>
      A yes to nothing hides that the client forgot the token, which lives on.
      Given a confidential client
      When the client revokes the made up token <how>
      Then the endpoint refuses with "invalid_request"
      And put right, the request succeeds

      Examples:
        | case     | what     | how                 |
        | left-out | left out | without token       |
        | empty    | empty    | with an empty token |

  @must @RFC7009-2.1 @req:revoke-requires-client-auth
  Rule: A confidential client proves who it is before its token is revoked

    @id:without-authentication @catches:revokes-without-client-auth
    Scenario Outline: <How>
      Whoever sees a token in a log could otherwise log its user out.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the refresh token alive
      When the client revokes the refresh token <how>
      Then the endpoint refuses with <errors>
      And the refresh token is alive
      And put right, the request succeeds

      Examples:
        | case         | How                      | how                        | errors                                        |
        | wrong-secret | With a wrong secret      | with a wrong client secret | "invalid_client"                              |
        | id-alone     | With the client_id alone | with its client_id alone   | "invalid_client"                              |
        | anonymous    | Without any name         | without saying who it is   | "invalid_client", tolerating "invalid_request" |

  @must @RFC7009-2.1 @req:revoke-auth-checked-even-for-unknown-token
  Rule: A client that fails to prove who it is hears so, whatever the token

    @id:unknown-token-wrong-secret @catches:authenticates-only-for-known-tokens
    Scenario: A wrong secret with a token that nobody knows
      Otherwise a client with a broken secret believes that its tokens are gone.
      Given a confidential client
      When the client revokes the made up token with a wrong client secret
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

    @id:dead-token-wrong-secret @catches:authenticates-only-for-known-tokens
    Scenario: A wrong secret with a token that is revoked already
      Two answers for one mistake tell whoever guesses which tokens are alive.
      Given a confidential client with tokens from a code that its user approved
      When the client revokes the refresh token with token_type_hint "refresh_token"
      And the endpoint said yes
      And the client revokes the refresh token with a wrong client secret
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

  @must @RFC7009-5 @req:revoke-public-client
  Rule: A public client revokes its tokens by naming itself

    @id:public-client @catches:refuses-public-clients-at-revocation
    Scenario: A public client revokes its refresh token
      A client without a secret has tokens to lose as well.
      Given a public client with tokens from a code that its user approved
      And a witness sees the refresh token alive
      When the client revokes the refresh token
      Then the endpoint says yes
      And the refresh token is dead

    @id:public-client-nameless @catches:revokes-without-client-auth
    Scenario: A public client that does not name itself
      Without a name the token could be anybody's.
      Given a public client with tokens from a code that its user approved
      When the client revokes the refresh token without client_id
      Then the endpoint refuses with "invalid_client" or "invalid_request"
      And put right, the request succeeds

  @must @RFC7009-2.1 @req:revoke-foreign-token-no-effect
  Rule: A client cannot revoke the token of another

    @id:foreign-token @catches:revokes-tokens-of-other-clients
    Scenario Outline: <Thief> revokes <token>
      One client must not be able to log out the users of another.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees <token> alive
      When <thief> revokes the made up token
      And the endpoint said yes
      And <thief> revokes <token>
      Then the endpoint answers without failing
      And <token> is alive

      Examples:
        | case                 | Thief                       | thief                       | token             |
        | access-confidential  | Another confidential client | another confidential client | the access token  |
        | refresh-confidential | Another confidential client | another confidential client | the refresh token |
        | access-public        | A public client             | a public client             | the access token  |

  @must @RFC7009-2.1 @req:revoke-foreign-token-refused
  Rule: A client that revokes the token of another is told that it may not

    @id:foreign-token-told @catches:hides-foreign-tokens-at-revocation @catches:revokes-tokens-of-other-clients
    Scenario Outline: <Thief> is answered about <token>
      A yes to the wrong client hides that the token lives on.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees <token> alive
      When <thief> revokes the made up token
      And the endpoint said yes
      And <thief> revokes <token>
      Then the endpoint refuses with "invalid_grant" or "unauthorized_client" or "invalid_request" or "invalid_client" or "access_denied", tolerating success
      And put right, the request succeeds

      Examples:
        | case                 | Thief                       | thief                       | token             |
        | access-confidential  | Another confidential client | another confidential client | the access token  |
        | refresh-confidential | Another confidential client | another confidential client | the refresh token |

  @must @RFC7009-2.1 @req:revoke-limited-to-grant
  Rule: What falls with a token belongs to its grant

    @id:limited @catches:revokes-tokens-of-other-users @own-realm
    Scenario Outline: <Token> is revoked beside other grants
      One user who logs out must not log out everybody.
      Given a confidential client with tokens of two users, of whom the second approved it twice and another client once
      And a witness sees the access token of each grant alive
      When the client revokes <token>
      And the endpoint said yes
      Then nothing but the grant of that token is over

      Examples:
        | case          | Token           | token             |
        | refresh-token | A refresh token | the refresh token |
        | access-token  | An access token | the access token  |

  @must @RFC7009-2 @req:revoke-post-only
  Rule: A token is revoked by POST, in the body

    @id:post-only @catches:reads-revocations-off-the-address
    Scenario Outline: A revocation <how>
      What stands in an address stands in logs, and a link that is only opened must not log anyone out.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the refresh token alive
      When the client revokes the refresh token <how>
      Then the endpoint refuses in whatever words
      And the refresh token is alive
      And put right, the request succeeds

      Examples:
        | case | how    |
        | get  | by GET |

      @catches:accepts-revocation-of-nothing
      Examples:
        | case  | how                     |
        | query | with token in the query |

  @must @RFC7009-2.1 @req:revoke-wrong-hint
  Rule: A wrong hint does not save a token

    @id:wrong-hint @catches:limits-revocation-to-hint
    Scenario Outline: <Token> with the hint "<hint>"
      The hint is for speed only; a client that mixes the two up still wants the token dead.
      Given a confidential client with tokens from a code that its user approved
      And on another grant, a plain revocation of <token> takes effect
      And a witness sees <token> alive
      When the client revokes <token> with token_type_hint "<hint>"
      Then the endpoint says yes
      And <token> is dead

      Examples:
        | case          | Token           | token             | hint          |
        | refresh-token | A refresh token | the refresh token | access_token  |
        | access-token  | An access token | the access token  | refresh_token |

  @must @RFC7009-2.2 @req:revoke-unknown-hint-ignored
  Rule: A hint that nobody knows is ignored

    @id:unknown-hint @catches:refuses-unknown-hint
    Scenario: A hint of another time
      New kinds of tokens come with new hints; an old server revokes all the same.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the refresh token alive
      When the client revokes the refresh token with token_type_hint "flowproof_nonsense"
      Then the endpoint says yes
      And the refresh token is dead

    @id:empty-hint @catches:refuses-unknown-hint
    Scenario: A hint without a value
      A parameter without a value counts as left out.
      Given a confidential client with tokens from a code that its user approved
      And on another grant, a plain revocation of the refresh token takes effect
      And a witness sees the refresh token alive
      When the client revokes the refresh token with an empty token_type_hint
      Then the endpoint says yes
      And the refresh token is dead

  @should @RFC7009-2.1 @req:revoke-refresh-cascades-to-access
  Rule: With its refresh token an access token dies

    @id:cascade @catches:keeps-access-tokens-after-revocation
    Scenario: The access token of a revoked refresh token
      The user has logged out; what is left must not go on working for an hour.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the access token alive
      When the client revokes the refresh token with token_type_hint "refresh_token"
      And the endpoint said yes
      Then the access token is dead
