Feature: Introspection
  A resource asks the server whether the token before it is alive, and what it is good for (RFC 7662).

  @must @RFC7662-2.2 @req:introspect-active-token
  Rule: A live token is active

    @id:active @catches:sends-active-as-string
    Scenario: The access token of a user
      A resource that hears no clear yes turns its users away.
      Given a confidential client with tokens from a code that its user approved
      When an entitled client introspects the access token
      Then the introspection says that the token is active

  @must @RFC7662-2.2 @req:introspect-unknown-inactive
  Rule: A token that nobody knows is not active, and no error

    @id:unknown @catches:answers-unknown-token-with-404
    Scenario Outline: A token that <what>
      The resource asks about whatever its callers send; it wants a no, not a failure.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the made up token <how>
      Then the introspection says that the token is not active

      Examples:
        | case   | what              | how                               |
        | random | is made up        | with a token of 43 letters        |
        | jwt    | looks like a JWT  | with a token that looks like a JWT |
        | stub   | is a JWT of nothing | with token "e30.e30."           |
        | long   | is very long      | with a token of 4096 letters      |

  @must @RFC7662-4 @req:introspect-expired-inactive
  Rule: A token is not active after its time

    @id:expired @catches:ignores-expiry-at-introspection @own-realm
    Scenario: An access token after its lifetime
      A token that was stolen long ago would open the resource for ever.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      And the lifetime of the access token passes
      When an entitled client introspects the access token
      Then the introspection says that the token is not active

  @must @RFC7662-4 @req:introspect-revoked-inactive
  Rule: A revoked token is not active

    @id:revoked @catches:ignores-revocation-at-introspection
    Scenario Outline: <Token> after its revocation
      The resource goes by what it hears here; the user has logged out.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees <token> active
      When the client revokes <token> with token_type_hint "<hint>"
      And the endpoint said yes
      And an entitled client introspects <token>
      Then the introspection says that the token is not active

      Examples:
        | case          | Token           | token             | hint          |
        | access-token  | An access token | the access token  | access_token  |
        | refresh-token | A refresh token | the refresh token | refresh_token |

  @should @RFC7662-2.2 @req:introspect-inactive-no-details
  Rule: Of a token that is not active nothing else is told

    @id:revoked-details @catches:leaks-details-of-inactive-tokens
    Scenario Outline: A revoked token, asked for as <what>
      Whoever finds an old token would learn whose it was.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When the client revokes the access token with token_type_hint "access_token"
      And the endpoint said yes
      And an entitled client introspects the access token <how>
      And the introspection said that the token is not active
      Then the introspection says nothing else

      Examples:
        | case | what | how                          |
        | json | JSON | accepting "application/json" |
        | jwt  | JWT  | accepting "application/jwt"  |

    @id:expired-details @catches:leaks-details-of-inactive-tokens @own-realm
    Scenario: An expired token
      Old tokens lie in old logs.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      And the lifetime of the access token passes
      When an entitled client introspects the access token
      And the introspection said that the token is not active
      Then the introspection says nothing else

    @id:unknown-details
    Scenario: A token that nobody knows
      There is nothing to tell; what is told would be about another token.
      Given a confidential client
      When an entitled client introspects the made up token
      And the introspection said that the token is not active
      Then the introspection says nothing else

  @must @RFC7662-2.1 @req:introspect-requires-authorization
  Rule: Only one who is authorized may introspect

    @id:anonymous @catches:introspects-for-anyone
    Scenario Outline: A caller without a name asks about <token>
      An open endpoint lets anyone try tokens until one is alive.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects <token> without saying who it is
      Then the introspection tells a stranger nothing
      And put right, the request succeeds

      Examples:
        | case          | token             |
        | live-token    | the access token  |
        | unknown-token | the made up token |

  @must @RFC7662-4 @req:introspect-public-client-id-insufficient
  Rule: The name of a client is no proof

    @id:public-client @catches:introspects-by-name-alone
    Scenario: A public client asks about its own token by its name
      The client_id stands in every address bar; with it, anyone could ask.
      Given a public client with tokens from a code that its user approved
      When the client introspects the access token
      Then the introspection does not take a name for a proof
      And put right, the request succeeds

    @id:confidential-client-nameonly @catches:introspects-by-name-alone
    Scenario: A confidential client asks about its own token by its name alone
      What a public client may not do, nobody may do in the name of a confidential one.
      Given a confidential client with tokens from a code that its user approved
      When the client introspects the access token with its client_id alone
      Then the introspection does not take a name for a proof
      And put right, the request succeeds

    @id:empty-secret @catches:introspects-for-empty-secrets
    Scenario Outline: <Who> asks about its own token with an empty secret in the <where>
      To a name everybody can add a secret that is empty.
      Given <client> with tokens from a code that its user approved
      When the client introspects the access token with an empty secret in the <where>
      Then the introspection does not take a name for a proof
      And put right, the request succeeds

      Examples:
        | case        | Who             | where  | client          |
        | public      | A public client | header | a public client |
        | public-body | A public client | body   | a public client |

      @catches:skips-empty-secret
      Examples:
        | case              | Who                   | where  | client                |
        | confidential      | A confidential client | header | a confidential client |
        | confidential-body | A confidential client | body   | a confidential client |

  @must @RFC7662-2.3 @req:introspect-invalid-credentials-401
  Rule: Wrong credentials of the caller are told as such

    @id:wrong-secret @catches:answers-wrong-credentials-with-inactive
    Scenario: A wrong secret
      A resource with a broken secret would otherwise take every token for dead.
      Given a confidential client that authenticates by HTTP Basic
      When the client introspects the made up token with a wrong client secret
      Then the endpoint refuses with "invalid_client"
      And the answer has status 401
      And the answer challenges with the scheme "Basic"
      And put right, the request succeeds

  @must @RFC7662-2.1 @req:introspect-missing-token-param
  Rule: An introspection names a token

    @id:no-token @catches:crashes-on-introspection-of-nothing
    Scenario Outline: The token is <what>
      A resource that forgets the token should hear what is wrong with its request.
      Given a confidential client
      When an entitled client introspects the made up token <how>
      Then the endpoint refuses with "invalid_request", or says that nothing is active
      And put right, the request succeeds

      Examples:
        | case     | what     | how                 |
        | left-out | left out | without token       |
        | empty    | empty    | with an empty token |

  @must @RFC7662-2.1 @req:introspect-wrong-hint
  Rule: A wrong hint does not hide a token

    @id:wrong-hint @catches:looks-up-hinted-type-only
    Scenario Outline: <Token> with the hint "<hint>"
      A resource cannot know which kind of token it was sent.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees <token> active
      When an entitled client introspects <token> with token_type_hint "<hint>"
      Then the introspection says that the token is active

      Examples:
        | case          | Token           | token             | hint          |
        | access-token  | An access token | the access token  | refresh_token |
        | refresh-token | A refresh token | the refresh token | access_token  |

  @must @RFC7662-2.1 @req:introspect-unknown-hint
  Rule: A hint that nobody knows does not hide a token

    @id:unknown-hint @catches:turns-unknown-hint-inactive
    Scenario: A hint of another time
      New kinds of tokens come with new hints; an old server finds the old ones all the same.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the access token with token_type_hint "flowproof_nonsense"
      Then the introspection says that the token is active

  @must @RFC7662-2.2 @req:introspect-member-types
  Rule: What is told of a live token has its defined type

    @id:member-types @catches:sends-nbf-as-string
    Scenario: The members of a live token
      A resource that compares times reads a number, in seconds; a word, or a number a thousand times too large, never expires.
      Given a confidential client with tokens from a code that its user approved
      When an entitled client introspects the access token
      And the introspection said that the token is active
      Then every member of the introspection has its type

  @must @RFC7662-2.2 @req:introspect-values-consistent
  Rule: What is told of a live token is true of it

    @id:values @catches:names-caller-as-client
    Scenario: Client, scope, lifetime and issuer of a live token
      A resource that grants by client grants to the wrong one.
      Given a confidential client with tokens from a code that its user approved
      When an entitled client introspects the access token
      And the introspection said that the token is active
      Then the introspection describes this very token

  @must @RFC7662-4 @req:introspect-tampered-inactive
  Rule: A token that says of itself what nobody signed is not active

    @id:tampered @catches:trusts-jwt-payload-at-introspection @catches:answers-unknown-token-with-404
    Scenario Outline: A JWT <what>
      Whoever holds one token could write the next one.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the access token <how>
      Then the introspection says that the token is not active

      Examples:
        | case      | what                        | how                         |
        | claims    | whose claims were changed   | with its claims changed     |
        | signature | whose signature was changed | with its signature changed  |
        | unsigned  | without its signature       | without its signature       |
        | none      | that says it needs none     | with the algorithm none     |

  @must @RFC7662-2.2 @req:introspect-truncated-inactive
  Rule: A token is the token as a whole

    @id:damaged @catches:answers-unknown-token-with-404
    Scenario Outline: A token <how>
      A part of a token is in more places than the whole, and guessed sooner.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the access token <how>
      Then the introspection says that the token is not active

      @catches:finds-tokens-by-any-part
      Examples:
        | case       | how                            |
        | first-one  | without its first 1 characters |
        | first-four | without its first 4 characters |
        | first-half | without its first half         |

      @catches:finds-tokens-by-any-part @catches:looks-up-tokens-by-prefix
      Examples:
        | case      | how                           |
        | last-one  | without its last 1 characters |
        | last-four | without its last 4 characters |
        | last-half | without its last half         |

      @catches:looks-up-tokens-by-prefix
      Examples:
        | case   | how                     |
        | longer | with one character more |

      @catches:compares-tokens-without-case
      Examples:
        | case       | how             |
        | other-case | in another case |

  @should @RFC6749-5.1 @req:introspect-response-not-cached
  Rule: What is said of a token is not stored

    @id:not-stored @catches:omits-no-store-at-introspection
    Scenario Outline: The answer about <token>
      A cache that answers for the server goes on saying yes after the token was revoked.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects <token>
      Then the answer forbids caching

      Examples:
        | case     | token              |
        | active   | the access token   |
        | inactive | the made up token  |

  @must @RFC7662-2.3 @req:introspect-invalid-bearer-401
  Rule: A caller whose own token is none is refused

    @id:caller-token @catches:accepts-any-bearer-at-introspection @catches:answers-wrong-credentials-with-inactive
    Scenario: A caller with a made up bearer token
      Whoever makes a token up could try others' tokens with it.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the access token with the Authorization header "Bearer flowproof-no-such-token-8c41d07e"
      Then the introspection refuses the bearer token
      And put right, the request succeeds

  @must @RFC7662-2.2 @req:introspect-foreign-token-inactive
  Rule: Whoever may not know a token hears that it is not active, and no error

    @id:foreign @catches:answers-foreign-token-with-403
    Scenario: Another client asks about a token
      An error of its own would say that the token exists, and is another's.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When another confidential client introspects the access token
      Then the introspection answers, and does not say that the token is another's
      And another confidential client can introspect the made up token

  @should @RFC7662-4 @req:introspect-caller-specifically-authorized
  Rule: Only one who was allowed to hears what a token is good for

    @id:ordinary-caller @catches:introspects-for-every-client
    Scenario: An ordinary client asks about another's token
      Every client that finds a token could learn whose it is, and what it opens.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When another confidential client introspects the access token
      Then the introspection keeps what it knows of the token to itself

  @must @RFC7662-2.2 @req:introspect-authorization-code-inactive
  Rule: What is no token is not active

    @id:no-access-token @catches:introspects-every-credential @catches:answers-unknown-token-with-404
    Scenario: A code that waits for its client
      The code went through the browser; as a token it would open the resource for whoever saw it.
      Given a confidential client whose user approved a request with an S256 challenge
      When an entitled client introspects the code
      Then the introspection says that the token is not active
      When the client redeems the code
      And the client got tokens
      Then an entitled client sees the access token active

    @id:no-access-token-device @catches:introspects-every-credential @catches:answers-unknown-token-with-404
    Scenario: A device code that its user approved
      A device that never polls would be let in with what it was given at the start.
      Given a confidential device client with a device code that its user approved
      When an entitled client introspects the device code
      Then the introspection says that the token is not active
      When the client polls
      And the client got tokens
      Then an entitled client sees the access token active

    @id:no-access-token-secret @catches:introspects-every-credential @catches:answers-unknown-token-with-404
    Scenario: The secret of a client
      A secret that counts as a token stands in the logs of every resource.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the client secret
      Then the introspection says that the token is not active

  @may @RFC7662-2.1 @req:introspect-refresh-token
  Rule: A refresh token that was replaced is not active

    @id:rotated @catches:introspects-rotated-refresh-tokens
    Scenario: A refresh token after its rotation
      The old one is what a thief has; who asks before use is told that all is well.
      Given a public client with tokens from a code that its user approved
      And an entitled client sees the refresh token active
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And an entitled client introspects the first refresh token
      Then the introspection says that the token is not active

  @may @RFC7662-4 @req:introspect-get-refused
  Rule: A token is not asked about in an address

    @id:by-get @catches:serves-get-at-introspection
    Scenario: An introspection by GET
      Addresses stand in logs, and so would every token that a resource asks about.
      Given a confidential client with tokens from a code that its user approved
      And an entitled client sees the access token active
      When an entitled client introspects the access token by GET
      Then the endpoint refuses in whatever words
      And put right, the request succeeds
