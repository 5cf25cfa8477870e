Feature: Authorization code
  A code is short-lived, good once, and bound to all that its request said (RFC 6749 section 4.1).

  @must @RFC6749-4.1.4 @req:code-exchange-success
  Rule: A valid code yields an access token that works

    @id:redeemed
    Scenario Outline: <what> redeems its code
      Everything else here starts from this.
      Given <client> whose user approved a request with an S256 challenge
      When the client redeems the code
      Then the client gets tokens
      And a witness sees the access token alive

      @catches:refuses-valid-code
      Examples:
        | case         | what                  | client                |
        | confidential | A confidential client | a confidential client |

      @catches:demands-secret-of-public-clients
      Examples:
        | case   | what            | client          |
        | public | A public client | a public client |

  @must @RFC6749-5.2 @RFC6749-4.1.3 @req:code-missing-invalid-request
  Rule: A redemption without a code is an invalid request

    @id:no-code @catches:crashes-on-missing-code
    Scenario Outline: <what>
      A client with a bug of its own has to learn that it is one.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code <how>
      Then the endpoint refuses with "invalid_request", tolerating "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case    | what          | how                |
        | missing | No code       | without code       |
        | empty   | An empty code | with an empty code |

  @must @RFC6749-5.2 @req:code-unknown-invalid-grant
  Rule: A code that was never issued is an invalid grant

    @id:unknown-code @catches:answers-unknown-code-with-invalid-request
    Scenario Outline: <what>
      A code that is half right is as wrong as one made up.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code <how>
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case      | what                              | how                                |
        | made-up   | A made up code                    | with a made up code                |
        | truncated | A code cut short                  | with code cut short                |
        | changed   | A code with one character changed | with one character of code changed |

  @must @RFC6749-4.1.2 @RFC6749-10.5 @req:code-single-use
  Rule: A code works once

    @id:reused-at-once @catches:accepts-reused-code
    Scenario: Redeemed again at once
      Whoever reads the code in a log or a history comes second, and must come in vain.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And the client got tokens
      And the client redeems the code
      Then the endpoint refuses with "invalid_grant"

    @id:reused-later @catches:accepts-reused-code @own-realm @waits:2s
    Scenario: Redeemed again after more than a second
      A cache that forgets after a second, or a replica that lags, would let it pass now.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And the client got tokens
      And 2 seconds pass
      And the client redeems the code
      Then the endpoint refuses with "invalid_grant"

  @must @RFC6749-10.5 @RFC6749-4.1.2 @req:code-single-use-concurrent
  Rule: A code works once, however many redeem it at the same time

    @id:side-by-side @catches:races-code-redemption @catches:accepts-reused-code
    Scenario: Ten redemptions side by side
      The one who steals the code is as fast as the one whom it was meant for.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code 10 times side by side
      Then exactly one of them succeeds
      And put right, the request succeeds

  @should @RFC6749-4.1.2 @req:code-replay-revokes-access-token
  Rule: A replayed code ends the access tokens that it yielded

    @id:replay-ends-access-token @catches:keeps-access-tokens-after-replay
    Scenario: The access token after a replay
      Two have used the code, and nobody can tell which of them is the thief.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And a witness sees the access token alive
      And the client redeems the code
      And the request was refused
      Then the access token is dead
      And put right, the request succeeds

  @should @RFC6749-4.1.2 @req:code-replay-revokes-refresh-token
  Rule: A replayed code ends the refresh tokens that it yielded

    @id:replay-ends-refresh-token @catches:keeps-refresh-tokens-after-replay
    Scenario: The refresh token after a replay
      The thief's refresh token would outlive the discovery by weeks.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And the client got tokens
      And the client redeems the code
      And the request was refused
      Then the refresh token is dead
      And a fresh refresh token works

  @must @RFC6749-4.1.2 @RFC6749-10.5 @req:code-expires
  Rule: A code expires

    @id:expired @catches:never-expires-codes @catches:keeps-codes-for-an-hour @own-realm
    Scenario: Redeemed after its lifetime
      A code that was never redeemed lies about in a log until somebody finds it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the lifetime of the code passes
      And the client redeems the code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @should @RFC6749-4.1.2 @req:code-lifetime-at-most-10-minutes
  Rule: A code lives ten minutes at the longest

    @id:after-ten-minutes @catches:keeps-codes-for-an-hour @catches:never-expires-codes @own-realm @waits:630s
    Scenario: Redeemed after ten and a half minutes
      The longer a code is good, the more logs and histories it is found in.
      Given a confidential client whose user approved a request with an S256 challenge
      When 630 seconds pass
      And the client redeems the code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-10.10 @req:code-entropy
  Rule: A code cannot be guessed

    @id:entropy @catches:issues-short-codes
    Scenario: A series of codes
      Who can guess a code needs to steal none.
      Given a confidential client
      When the user approves 24 requests in one browser
      Then no code can be guessed from the others

  @should @RFC6819-4.4.1.12 @req:token-invalid-code-flood-limited
  Rule: A client that tries many codes is limited

    @id:flood @catches:never-limits-invalid-codes @own-realm
    Scenario: A hundred made up codes and some
      With time enough, anything that can be tried at will is found.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And the client got tokens
      And the client tries 110 codes that no one issued
      Then the client is slowed down or stopped

  @must @RFC6749-3.2 @req:token-duplicate-code-rejected
  Rule: A redemption has one code

    @id:two-codes @catches:lets-last-code-win
    Scenario Outline: Its own and another one <where> it
      A filter that looks at the one lets the other through.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code with <second>
      Then the endpoint refuses with "invalid_request"
      And put right, the request succeeds

      Examples:
        | case   | where  | second                                  |
        | behind | behind | a second code "flowproof-no-code"       |
        | before | before | code "flowproof-no-code" before its own |

  @may @should:oauth-2.1 @draft-ietf-oauth-v2-1-7.5.2 @req:code-replay-with-invalid-params-no-revocation
  Rule: A replay that would have failed anyway ends nothing

    @id:failed-replay @catches:revokes-on-any-sighting-of-code
    Scenario Outline: <what>
      Whoever has seen the code, and nothing else, could log the user out.
      Given <client> whose user approved a request with an S256 challenge
      When the client redeems the code
      And a witness sees the access token alive
      And the client redeems the code <how>
      And the request was refused
      Then the access token is alive

      @catches:ignores-code-verifier
      Examples:
        | case     | what                           | client                | how                          |
        | verifier | With a made up code_verifier   | a public client       | with a made up code_verifier |

      @catches:ignores-client-secrets
      Examples:
        | case     | what                           | client                | how                          |
        | secret   | With a wrong secret            | a confidential client | with a wrong client secret   |

  @must @RFC6749-10.5 @req:code-spliced-from-two-rejected
  Rule: The parts of two codes make no third one

    @id:spliced @catches:reads-client-from-code @catches:answers-unknown-code-with-invalid-request
    Scenario: Codes of two clients from one browser
      A code that carries its client in the open can be made out to another one.
      Given a confidential client
      When its codes and those of another confidential client, from one browser, exchange their parts
      Then no mixture is redeemed
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @req:code-bound-to-confidential-client
  Rule: A code is good for the client that it was issued to

    @id:another-client @catches:redeems-codes-of-other-clients
    Scenario: Redeemed by another confidential client
      Any client of the server could log in with codes that were meant for others.
      Given a confidential client whose user approved a request with an S256 challenge
      When another confidential client redeems the code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @req:code-bound-to-public-client-id
  Rule: A public client's code is good for its client_id alone

    @id:another-public-client @catches:redeems-codes-of-other-public-clients
    Scenario: Redeemed under another public client's name
      The name is all that a public client has, and it has to fit.
      Given a public client whose user approved a request with an S256 challenge
      When another public client redeems the code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @req:code-redirect-uri-mismatch-rejected
  Rule: A redemption repeats the redirect URI of its request to the letter

    @id:another-redirect-uri
    Scenario Outline: <what>
      It ties the redemption to the place where the code arrived: a code that was lured elsewhere is worth nothing.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code <how>
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

      @catches:accepts-any-registered-redirect-uri
      Examples:
        | case       | what                                   | how                         |
        | registered | Another one that the client registered | with its other redirect_uri |

      @catches:compares-redirect-uri-of-redemption-loosely
      Examples:
        | case         | what                         | how                                   |
        | slash        | The same one and a slash     | with a slash after its redirect_uri   |
        | another-case | The same one in another case | with its redirect_uri in another case |

  @must @RFC6749-10.6 @RFC6749-4.1.3 @req:code-redirect-uri-foreign-value-rejected
  Rule: A redemption does not name another redirect URI than the one where the code was sent, though its request named none

    @id:foreign-redirect-uri @catches:ignores-redirect-uri-where-none-was-asked
    Scenario: Someone else's redirect URI at the redemption
      It says that the code was lured to another place.
      Given a client with one redirect URI whose user approved a request without redirect_uri
      When the client redeems the code with redirect_uri "https://evil.example/cb"
      Then the endpoint refuses with "invalid_grant" or "invalid_request"
      And put right, the request succeeds

  @must:oauth-2.0 @RFC6749-4.1.3 @needs:multi-redirect-client @req:code-redirect-uri-missing-rejected
  Rule: A redemption names the redirect URI if its request did

    @id:no-redirect-uri-with-challenge @catches:accepts-missing-redirect-uri
    Scenario: No redirect_uri, and a challenge
      The challenge ties the redemption to its request as well, so that who accepts it is warned only.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code without redirect_uri
      Then the endpoint refuses with "invalid_grant" or "invalid_request", tolerating success
      And put right, the request succeeds

    @id:no-redirect-uri-without-challenge @catches:accepts-missing-redirect-uri
    Scenario: No redirect_uri, and no challenge
      Nothing ties the redemption to its request then.
      Given a confidential client with optional PKCE whose user approved a request without a challenge
      When the client redeems the code without redirect_uri
      Then the endpoint refuses with "invalid_grant" or "invalid_request"
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @RFC6749-3.3 @req:code-exchange-scope-cannot-widen
  Rule: A scope in the redemption does not widen what the user approved

    @id:scope-at-redemption @catches:widens-scope-at-redemption
    Scenario: All scopes at the redemption, where the user approved one
      The user has read and approved a page; the client must not add to it afterwards.
      Given a confidential client with tokens for one of its scopes
      And a confidential client whose user approved one of its scopes
      When the client redeems the code with all its scopes
      Then the token has no more than the scope that was approved
