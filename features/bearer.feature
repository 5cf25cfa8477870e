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

      Examples:
        | case      | what                  | how                                                                         |
        | random    | made up               | the made up token                                                           |
        | cut-short | cut short             | the access token cut short                                                  |
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
