Feature: Proof Key for Code Exchange
  Whoever redeems a code proves to be the one who asked for it (RFC 7636).

  @must @RFC7636-4.2 @RFC9700-2.1.1 @req:pkce-s256-supported
  Rule: Every server supports S256

    @id:s256 @catches:refuses-s256 @catches:demands-secret-of-public-clients @catches:serves-authorization-by-post-only
    Scenario: A challenge by S256 and its verifier
      Without it apps without a secret have nothing that protects their codes.
      Given a public client
      When the user approves a request
      Then the client gets a code
      When the client redeems the code
      Then the client gets tokens

  @must @RFC7636-4.6 @req:pkce-verifier-mismatch-rejected
  Rule: A code_verifier that does not match the challenge is refused

    @id:mismatch @catches:ignores-code-verifier
    Scenario Outline: A redemption <alteration>
      Whoever steals the code from the redirect does not have the verifier.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code <alteration>
      Then the endpoint refuses with "invalid_grant"

      Examples:
        | case          | alteration                                      |
        | another       | with a made up code_verifier                    |
        | one-character | with one character of its code_verifier changed |
        | other-case    | with its code_verifier in the other case        |

  @must @RFC9700-2.1.1 @RFC7636-4.5 @req:pkce-verifier-missing-rejected
  Rule: A code with a challenge is not redeemed without its code_verifier

    @id:missing-verifier @catches:skips-missing-verifier
    Scenario Outline: A redemption <alteration>
      The thief would simply leave out what he does not have.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code <alteration>
      Then the endpoint refuses with "invalid_grant" or "invalid_request"

      Examples:
        | case  | alteration                  |
        | none  | without code_verifier       |
        | empty | with an empty code_verifier |

  @must @RFC9700-2.1.1 @req:pkce-enforced-for-confidential-client
  Rule: A client's secret does not replace the code_verifier

    @id:confidential @catches:enforces-pkce-only-for-public-clients
    Scenario Outline: A confidential client redeems <alteration>
      A stolen code put into the client's own redirect gives the thief's account the victim's data.
      Given a confidential client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code <alteration>
      Then the endpoint refuses with <errors>

      Examples:
        | case             | alteration                   | errors                               |
        | without-verifier | without code_verifier        | "invalid_grant" or "invalid_request" |
        | another-verifier | with a made up code_verifier | "invalid_grant"                      |

  @must @RFC9700-2.1.1 @RFC9700-4.8.2 @req:pkce-downgrade-verifier-without-challenge
  Rule: A code_verifier is refused when the request had no challenge

    @id:downgrade @catches:accepts-verifier-without-challenge
    Scenario: A verifier that nobody asked for
      An attacker strips the challenge off the request; the client, which sends its verifier, would not notice.
      Given a confidential client with optional PKCE with tokens from a code that its user approved
      And its user approved another request without a challenge
      When the client redeems the code with a made up code_verifier
      Then the endpoint refuses with "invalid_grant" or "invalid_request"
      And put right, the request succeeds

  @must @RFC9700-2.1.1 @req:pkce-required-for-public-client
  Rule: A public client has to send a challenge

    @id:public-without-challenge @catches:waives-pkce-for-public-clients
    Scenario: A public client without a challenge
      Nothing else ties the code to the app that asked for it.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request that has no challenge
      Then the client is told "invalid_request"

  @must @RFC7636-4.4.1 @req:pkce-missing-challenge-error-code
  Rule: A server that insists on a challenge says invalid_request when it is missing

    @id:missing-challenge-error @catches:answers-missing-challenge-with-access-denied
    Scenario: A confidential client without a challenge
      The client would tell the user that access was denied, and not its developer what is missing.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request that has no challenge
      Then the refusal, if it is one, is a redirect with "invalid_request"

  @must @RFC7636-4.4.1 @req:pkce-unsupported-method-rejected
  Rule: A challenge method that the server does not know is refused

    @id:unknown-method @catches:treats-unknown-method-as-plain
    Scenario: The method S512
      Taken for plain, the challenge itself becomes the verifier, and it went by the browser.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with code_challenge_method "S512"
      Then the client is told "invalid_request"

  @must @RFC7636-4.6 @req:pkce-s256-not-downgraded-to-equality
  Rule: The challenge itself is no verifier

    @id:challenge-as-verifier @catches:accepts-challenge-as-verifier
    Scenario: The challenge in place of the verifier
      The challenge goes by the browser, where the thief of the code reads it too.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code with the code_challenge as its code_verifier
      Then the endpoint refuses with "invalid_grant"

  @should @RFC7636-7.2 @RFC9700-2.1.1 @req:pkce-plain-should-be-off
  Rule: The method plain is not offered

    @id:plain @catches:allows-plain
    Scenario: The method plain
      Whoever sees the request can redeem the code.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with code_challenge_method "plain"
      Then the client is told "invalid_request"

  @must @RFC7636-6.2.1 @req:pkce-method-case-sensitive
  Rule: The names of challenge methods are case sensitive

    @id:method-case @catches:ignores-method-case
    Scenario Outline: The method <method>
      A name that is not recognised must not fall through to plain.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with code_challenge_method "<method>"
      Then the client is told "invalid_request"

      Examples:
        | case        | method |
        | lower-s256  | s256   |
        | upper-plain | PLAIN  |

  @must @RFC7636-4.4 @RFC7636-4.5 @req:pkce-method-bound-to-code
  Rule: The method of the challenge is the one that the code was asked for with

    @id:method-at-redemption @catches:takes-method-from-token-request
    Scenario: The token request says plain
      The thief, who knows the challenge from the browser, would choose the method under which it suffices.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code with the code_challenge as its code_verifier and plain as its method
      Then the endpoint refuses with "invalid_grant", tolerating "invalid_request"

  @must @RFC7636-4.1 @req:pkce-verifier-length-checked
  Rule: A code_verifier has 43 to 128 characters

    @id:short-verifier @catches:skips-verifier-length-check
    Scenario Outline: A verifier of <case> characters
      A verifier that short is guessed from its challenge, which goes by the browser.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with the challenge of a code_verifier of <case> characters
      When the client redeems the code
      Then the endpoint refuses with "invalid_grant" or "invalid_request"

      Examples:
        | case |
        | 1    |
        | 42   |

    @id:long-verifier @catches:skips-verifier-length-check
    Scenario: A verifier of 129 characters
      Nothing is lost by it, but a client that relies on it fails elsewhere.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with the challenge of a code_verifier of 129 characters
      When the client redeems the code
      Then the endpoint refuses with "invalid_grant" or "invalid_request", tolerating success
