Feature: Refresh
  A refresh token outlives the access token, and is guarded all the more (RFC 6749 section 6, RFC 9700 section 4.14).

  @must @RFC6749-6 @req:refresh-success
  Rule: A refresh yields a new access token that works

    @id:refreshed @catches:returns-old-access-token
    Scenario Outline: <what> refreshes
      The old access token is about to expire; the same one again is no help.
      Given <client> with tokens from a code that its user approved
      And a witness sees the access token alive
      When the client refreshes with the refresh token
      Then the client gets tokens
      And the access token is a new one
      And the access token is alive

      Examples:
        | case         | what                  | client                |
        | confidential | A confidential client | a confidential client |
        | public       | A public client       | a public client       |

  @must @RFC6749-5.2 @RFC6749-6 @req:refresh-missing-token
  Rule: A refresh without a refresh token is an invalid request

    @id:no-token @catches:crashes-on-missing-refresh-token
    Scenario Outline: <what>
      A client with a bug of its own has to learn that it is one.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token <how>
      Then the endpoint refuses with "invalid_request", tolerating "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case    | what                   | how                         |
        | missing | No refresh_token       | without refresh_token       |
        | empty   | An empty refresh_token | with an empty refresh_token |

  @must @RFC6749-5.2 @req:refresh-unknown-token
  Rule: A refresh token that was never issued is an invalid grant

    @id:damaged-token @catches:accepts-damaged-refresh-tokens @catches:answers-unknown-refresh-token-with-invalid-request
    Scenario Outline: <what>
      A token that is read and not verified can be written by anybody.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token <how>
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case      | what                               | how                                         |
        | truncated | A token cut short                  | with refresh_token cut short                |
        | changed   | A token with one character changed | with one character of refresh_token changed |

    @id:made-up-token @catches:answers-unknown-refresh-token-with-invalid-request
    Scenario: A made up token
      A client that hears this code knows that it has to send its user to log in again.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the made up token
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-6 @RFC6749-3.2.1 @req:refresh-requires-client-auth
  Rule: A confidential client authenticates when it refreshes

    @id:unauthenticated
    Scenario Outline: <what>
      A stolen refresh token is worth nothing as long as the secret is not stolen too, and the theft must not harm its owner.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token <how>
      Then the endpoint refuses with "invalid_client"
      And the refresh token still works

      @catches:refreshes-without-client-auth
      Examples:
        | case     | what                     | how                      |
        | id-alone | With its client_id alone | with its client_id alone |

      @catches:ignores-client-secrets
      Examples:
        | case         | what                | how                        |
        | wrong-secret | With a wrong secret | with a wrong client secret |

  @must @RFC6749-6 @RFC6749-10.4 @req:refresh-bound-to-client
  Rule: A refresh token is good for the client that it was issued to

    @id:another-client @catches:refreshes-for-other-clients
    Scenario: Used by another confidential client
      Any client of the server could live on the refresh tokens of all others.
      Given a confidential client with tokens from a code that its user approved
      When another confidential client refreshes with the refresh token
      Then the endpoint refuses with "invalid_grant"
      And the refresh token still works, tolerating that it was revoked
      And a fresh refresh token works

  @should @must:oauth-2.1 @draft-ietf-oauth-v2-1-4.3.1 @RFC6749-10.4 @req:refresh-bound-to-public-client
  Rule: A public client's refresh token is good for its client_id alone

    @id:another-public-client @catches:refreshes-for-other-public-clients
    Scenario: Used under another public client's name
      The name is all that a public client has, and it has to fit.
      Given a public client with tokens from a code that its user approved
      When another public client refreshes with the refresh token
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

    @id:nobody @catches:refreshes-for-nobody
    Scenario: Used without a name
      Who does not say who it is cannot be told from a thief.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token without saying who it is
      Then the endpoint refuses with "invalid_grant" or "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @must @RFC6749-6 @req:refresh-scope-widening-rejected
  Rule: A refresh does not widen the scope

    @id:wider-scope @catches:widens-scope-on-refresh
    Scenario: All scopes on refresh, where the user approved one
      The user has read and approved a page; the client must not add to it afterwards.
      Given a confidential client with tokens for one of its scopes
      When the client refreshes with the refresh token with all its scopes
      Then the endpoint refuses the wider scope, tolerating that it leaves it out
      And put right, the request succeeds

  @must @RFC6749-6 @RFC6749-5.1 @req:refresh-scope-narrowing
  Rule: Who asks for less on refresh gets less, or is told

    @id:narrower-scope @catches:ignores-scope-on-refresh
    Scenario: One of the scopes on refresh
      A client that hands a token on wants it to be good for as little as possible.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token with one of its scopes
      Then the token has the scope that was asked for, tolerating an answer that says otherwise

  @must @RFC6749-6 @req:refresh-scope-omitted-keeps-original
  Rule: A refresh without scope keeps the scope that was approved

    @id:no-scope @catches:falls-back-to-default-scope
    Scenario: No scope on refresh
      The client would lose rights an hour after the user gave them.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      Then the token has the scope that was approved

  @must @RFC6749-6 @req:refresh-narrowing-does-not-stick
  Rule: A narrower access token leaves the refresh token as it is

    @id:wide-again @catches:ratchets-scope-down
    Scenario Outline: <what> after a narrower refresh
      One narrow token for one call would cost the client the rest of its rights.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token with one of its scopes
      And the client got tokens
      And the client refreshes with the refresh token <how>
      Then the token has the scope that was approved, tolerating a narrower one

      Examples:
        | case     | what       | how                 |
        | no-scope | No scope   | without scope       |
        | all      | All scopes | with all its scopes |

  @must @RFC9700-2.2.2 @RFC9700-4.14.2 @needs:rotation @req:refresh-rotation-for-public-client
  Rule: A public client gets a new refresh token with each refresh

    @id:rotated @catches:never-rotates-for-public-clients
    Scenario: A public client refreshes
      Nothing but its freshness protects a token that no secret protects.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the client got tokens
      Then the refresh token is a new one

  @must @RFC9700-4.14.2 @needs:rotation @req:refresh-rotated-token-invalid
  Rule: A rotated refresh token no longer works

    @id:rotated-token @catches:keeps-rotated-token-valid @own-realm
    Scenario: The old refresh token after a refresh
      A new token is no rotation as long as the old one works.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      Then the first refresh token is refused, tolerating a grace period

  @must @RFC9700-4.14.2 @needs:rotation @req:refresh-reuse-revokes-family
  Rule: The reuse of a rotated refresh token ends the one that took its place

    @id:reuse-ends-newest @catches:keeps-family-after-reuse
    Scenario: The old token used again at once
      Two hold the token, and nobody can tell which of them is the thief.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And the client refreshes with the first refresh token
      And the request was refused
      Then the refresh token is dead
      And a fresh refresh token works

    @id:late-reuse-ends-newest @catches:keeps-family-after-reuse @own-realm @waits:2s
    Scenario: The old token used again after more than a second
      A server that remembers rotated tokens for a moment only misses the thief who comes later.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And 2 seconds pass
      And the client refreshes with the first refresh token
      And the request was refused
      Then the refresh token is dead
      And a fresh refresh token works

  @must @RFC9700-4.14.2 @needs:rotation @req:refresh-reuse-revokes-deep-family
  Rule: The reuse of any earlier refresh token ends the newest one

    @id:old-reuse-ends-newest @catches:forgets-older-ancestors @own-realm @waits:2s
    Scenario: The token before the last used again
      The thief does not know how often the client has refreshed since.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And 2 seconds pass
      And the client refreshes with the refresh token
      And the client got tokens
      And the client refreshes with the first refresh token
      And the request was refused
      Then the refresh token is dead
      And a fresh refresh token works

  @should @draft-ietf-oauth-v2-1-4.3.1 @RFC9700-4.14.2 @needs:rotation @req:refresh-reuse-revokes-access-tokens
  Rule: The reuse of a rotated refresh token ends the access tokens of its grant

    @id:reuse-ends-access-token @catches:keeps-access-tokens-after-reuse
    Scenario: The newest access token after a reuse
      The thief's access token would go on until it expires.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And a witness sees the access token alive
      And the client refreshes with the first refresh token
      And the request was refused
      Then the access token is dead
      And put right, the request succeeds

  @should @RFC9700-4.14.2 @needs:rotation @req:refresh-concurrent-use
  Rule: Rotation holds for refreshes at the same time

    @id:side-by-side @catches:races-refresh-rotation
    Scenario: Ten refreshes with one token, side by side
      Two chains that both live are a theft that no reuse will ever show.
      Given a public client with tokens from a code that its user approved
      When the client refreshes with the refresh token
      And the refresh token was rotated
      And the client refreshes with the first refresh token
      And the request was refused
      And the client refreshes 10 times side by side, in 20 rounds
      Then at most one chain of tokens is left in each round
      And a fresh refresh token works

  @should @RFC6749-10.4 @req:grant-ends-with-the-account
  Rule: Once a user's account is closed, what this user approved yields nothing more

    @id:closed-account @catches:looks-at-the-account-during-login-only @own-realm
    Scenario: Tokens of a user whose account was closed
      Whoever may not log in any more must not stay in by way of an application.
      Given a confidential client with tokens from a code that its user approved
      And a witness sees the access token alive
      When the account of the user who approved is closed
      Then the access token is dead
      And the refresh token is dead

  @must @RFC6749-1.5 @needs:resource @req:refresh-token-only-at-as
  Rule: A refresh token opens no resource

    @id:refresh-token-at-resource @catches:accepts-refresh-token-as-bearer
    Scenario: A refresh token in the place of an access token
      A resource that takes refresh tokens also gets to see them.
      Given a confidential client with tokens from a code that its user approved
      When the resource is called with the refresh token
      Then the endpoint refuses in whatever words
      And the resource takes the access token

  @must @RFC6749-10.10 @req:refresh-token-entropy
  Rule: A refresh token cannot be guessed

    @id:entropy @catches:numbers-refresh-tokens
    Scenario: The refresh tokens of a series of grants
      Whoever has one of his own would have all those before and after it.
      Given a confidential client
      When the client gets tokens for 24 requests in one browser
      Then no refresh token can be guessed from the others

  @should @RFC9700-4.14.2 @req:refresh-inactive-expiry
  Rule: A refresh token that nobody uses ends

    @id:unused @catches:never-tires-of-unused-refresh-tokens @own-realm
    Scenario: A refresh token unused for as long as it may be
      A device in a drawer goes on having the rights of its owner.
      Given a confidential client with tokens from a code that its user approved
      When the refresh token lies unused until its time is over
      And the client refreshes with the refresh token
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds
