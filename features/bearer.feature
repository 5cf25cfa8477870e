Feature: Bearer tokens
  A client shows its access token to the resource; userinfo is one (RFC 6750).

  @must @RFC6750-2.1 @req:bearer-header-accepted
  Rule: The resource takes the token in the Authorization header

    @id:header @catches:ignores-bearer-header
    Scenario: A live token in the header
      Every client sends its token there, and no other way is sure to be known.
      Given a confidential client with tokens from a code that its user approved
      When the resource is called with the access token
      Then the endpoint says yes

  @should @must:oauth-2.1 @RFC9110-11.1 @draft-ietf-oauth-v2-1-5.1.1 @req:bearer-scheme-case-insensitive
  Rule: The name of the scheme may be spelled in any case

    @id:scheme-case @catches:compares-bearer-scheme-literally
    Scenario Outline: The scheme spelled <scheme>
      Some HTTP libraries write it small.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token with its scheme spelled "<scheme>"
      Then the endpoint says yes

      Examples:
        | case  | scheme |
        | lower | bearer |
        | upper | BEARER |
        | mixed | bEaReR |

  @must @RFC6750-3 @req:bearer-missing-credentials-401
  Rule: Whoever comes without a token is asked for one

    @id:no-token @catches:answers-missing-token-with-403
    Scenario: A call without a token
      A client learns from the challenge how to come in.
      Given a confidential client with tokens from a code that its user approved
      When the resource is called without a token
      Then the resource asks for a bearer token
      And put right, the request succeeds

  @should @RFC6750-3.1 @req:bearer-missing-credentials-no-error-code
  Rule: Whoever comes without a token is not told of an error

    @id:no-error @catches:sends-error-for-missing-token
    Scenario Outline: A call with <what>
      A client that hears that its token is invalid throws away one that it never sent.
      Given a confidential client with tokens from a code that its user approved
      When the resource is called without a token <how>
      Then the challenge names no error
      And put right, the request succeeds

      Examples:
        | case          | what              | how                                                      |
        | no-header     | no header         | without access_token                                     |
        | other-scheme  | another scheme    | with the Authorization header "Basic Zmxvd3Byb29mOng="   |

  @should @RFC6750-3.1 @req:bearer-invalid-token-401
  Rule: A token that is none is told as invalid

    @id:invalid-token @catches:answers-unknown-token-with-400
    Scenario Outline: A token that is <what>
      A client refreshes when it hears so; any other answer leaves it stuck.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with <how>
      Then the resource says that the token is invalid
      And put right, the request succeeds

      @catches:opens-to-any-token
      Examples:
        | case      | what      | how                        |
        | random    | made up   | the made up token          |
        | cut-short | cut short | the access token cut short |

      Examples:
        | case      | what                  | how                                                                         |
        | letters   | of letters it has not | the access token with the Authorization header "Bearer flow!proof$token#1"  |

  @must @RFC6749-7 @req:bearer-expired-token-401
  Rule: The resource takes no token after its time

    @id:expired @catches:ignores-expiry-at-userinfo @own-realm
    Scenario: A token after its lifetime
      A token that was stolen long ago would open the resource for ever.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      And the lifetime of the access token passes
      When the resource is called with the access token
      Then the resource turns the token away

  @should @RFC6750-3.1 @req:bearer-revoked-token-401
  Rule: The resource takes no revoked token

    @id:revoked @catches:ignores-revocation-at-userinfo
    Scenario: A token after its revocation
      The user has logged out, and believes that it is over.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the client revokes the access token with token_type_hint "access_token"
      And the endpoint said yes
      And the resource is called with the access token
      Then the resource turns the token away

  @should @must:oauth-2.1 @RFC9700-4.3.2 @draft-ietf-oauth-v2-1-5.1 @req:bearer-query-token-refused
  Rule: The resource takes no token from the query

    @id:query @catches:accepts-token-in-query
    Scenario: A live token in the query
      Addresses stand in logs, histories and referrers; a token there is a token lost.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token moved into the query
      Then the endpoint refuses in whatever words
      And put right, the request succeeds

  @must @RFC6750-2 @req:bearer-two-methods-rejected
  Rule: A token comes in one way only

    @id:second-copy @catches:falls-back-to-second-token
    Scenario Outline: A live token in the header <how>
      Two tokens leave open for whom the resource answers.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token <how>
      Then the resource refuses two tokens, or takes the one in the header alone
      And put right, the request succeeds

      Examples:
        | case  | how                    |
        | body  | and again in the body  |
        | query | and again in the query |

    @id:fallback @catches:falls-back-to-second-token
    Scenario: A bad token in the header and a live one in the body
      What checks the header and what reads the body may be two programs, and each believes the other.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token in the body, beside a bad one in the header
      Then the endpoint refuses in whatever words
      And put right, the request succeeds

  @should @RFC6750-3.1 @req:bearer-malformed-request-400
  Rule: A malformed request is told as such

    @id:malformed
    Scenario Outline: <What>
      Whoever takes the first of two tokens lets the caller choose which one is checked.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token <how>
      Then the resource says that the request is malformed
      And put right, the request succeeds

      Examples:
        | case     | What                   | how                                    |
        | no-token | A header without token | with the Authorization header "Bearer" |

      @catches:uses-first-of-two-tokens
      Examples:
        | case        | What                     | how                 |
        | two-tokens  | Two tokens in one header | twice in one header |
        | two-headers | Two headers              | in two headers      |
        | two-in-body | Two tokens in the body   | twice in the body   |

  @must @RFC6750-5.2 @req:bearer-tampered-token-rejected
  Rule: The resource takes no token that was tampered with

    @id:no-token @catches:opens-to-any-token @catches:answers-unknown-token-with-400
    Scenario Outline: A token that is <what>
      Where any string opens the door, there is no door.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with <how>
      Then the resource turns the token away
      And put right, the request succeeds

      Examples:
        | case      | what      | how                        |
        | made-up   | made up   | the made up token          |
        | cut-short | cut short | the access token cut short |

    @id:tampered @catches:opens-to-any-token @catches:ignores-signature-at-userinfo @catches:answers-unknown-token-with-400
    Scenario Outline: A JWT <what>
      Whoever holds one token could write the next one, for whomever they like.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token <how>
      Then the resource turns the token away
      And put right, the request succeeds

      Examples:
        | case      | what                                | how                                |
        | claims    | whose claims were changed           | with its claims changed            |
        | signature | whose signature was changed         | with its signature changed         |
        | unsigned  | without its signature               | without its signature              |
        | own-key   | signed by a key that it brings along | signed by a key that it brings along |

      @catches:accepts-unsigned-tokens
      Examples:
        | case | what                    | how                     |
        | none | that says it needs none | with the algorithm none |

  @must @RFC6750-2.2 @req:bearer-body-token-get-refused
  Rule: A token in a body counts in the form of a POST only

    @id:other-body @catches:reads-token-from-any-body
    Scenario Outline: A live token <how>
      What lies between reads the request differently, and guards another door.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token <how>
      Then the endpoint refuses in whatever words
      And put right, the request succeeds

      Examples:
        | case  | how                        |
        | get   | in the form body of a GET  |
        | json  | in a body of JSON          |
        | parts | in a body of several parts |

  @should @RFC6750-3.1 @req:bearer-insufficient-scope-403
  Rule: A token of too little scope is told as such

    @id:too-little-scope @catches:ignores-scope-at-userinfo
    Scenario: A live token without the scope that the resource needs
      The user allowed the client some things, and this is none of them.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      And the client also has tokens without the scope that the resource needs
      When the resource is called with the access token
      Then the resource says that the scope is too little

  @must @RFC6750-3 @req:bearer-challenge-attributes-once
  Rule: A challenge says each thing once

    @id:attributes-once @catches:repeats-challenge-attributes
    Scenario Outline: The challenge to <what>
      Of two errors one client believes the first, and another one the second.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with <how>
      Then no attribute stands twice in its challenge
      And put right, the request succeeds

      Examples:
        | case      | what                | how                                                    |
        | no-token  | a call without one  | the access token without its header                   |
        | unknown   | a made up token     | the made up token                                      |
        | malformed | a header of nothing | the access token with the Authorization header "Bearer" |

  @must @RFC6750-3 @req:bearer-challenge-charset
  Rule: A challenge can be read, whatever was sent

    @id:challenge-spelling @catches:echoes-token-in-challenge
    Scenario Outline: A token <how>
      Whoever chooses the token would write the challenge, and tell the client what to do.
      Given a confidential client with tokens from a code that its user approved
      And the resource lets the access token in
      When the resource is called with the access token <how>
      Then its challenge is spelled as challenges are
      And put right, the request succeeds

      Examples:
        | case   | how                                    |
        | quotes | with quotes in its middle              |
        | beyond | with letters beyond ASCII in its middle |

  @should @RFC6750-5.3 @req:bearer-token-short-lived
  Rule: An access token lives for an hour at most

    @id:short-lived @catches:issues-month-long-tokens
    Scenario: The token of a user
      Whoever finds a token has it for as long as it lives.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code
      And the client got tokens
      Then the access token lives for an hour at most

    @id:short-lived-service @catches:issues-month-long-tokens
    Scenario: The token of a service
      A service can always ask again.
      Given a service client
      When the client asks for a token of its own
      And the client got tokens
      Then the access token lives for an hour at most

  @must @RFC6750-5.3 @req:bearer-token-not-in-cookie
  Rule: A token does not travel in a cookie

    @id:no-cookie @catches:sets-token-as-cookie
    Scenario: The cookies of a login, and of the one after it
      A browser sends a cookie along with requests that another site made it send.
      Given a confidential client with tokens from a code that its user approved
      When the user approves a request
      Then no cookie holds a token

  @must @draft-ietf-oauth-v2-1-7.1.3.7 @req:bearer-token-not-in-urls
  Rule: A token does not stand in the address of a page

    @id:no-address @catches:puts-token-into-page-address @own-realm
    Scenario: The pages of a login after tokens were issued
      Addresses stand in histories, logs and referrers.
      Given a confidential client with tokens from a code that its user approved
      When the user approves a request
      Then no address holds a token
