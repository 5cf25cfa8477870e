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

    @id:public-without-challenge @catches:waives-pkce-for-public-clients @catches:forgets-pkce-of-public-clients
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

  @must @RFC7636-4.1 @req:pkce-verifier-charset-checked
  Rule: A code_verifier consists of letters, digits and four marks

    @id:verifier-characters @catches:skips-verifier-character-check @catches:ignores-code-verifier
    Scenario Outline: A verifier with <what> in it
      The two sides of the comparison come to read such a verifier in two ways, and one of the readings is shorter.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with the challenge of a code_verifier that has <text> in it
      When the client redeems the code
      Then the endpoint refuses with "invalid_grant" or "invalid_request", tolerating success

      Examples:
        | case      | what                      | text |
        | space     | a space                   | " "  |
        | plus      | a plus sign               | "+"  |
        | equals    | an equals sign            | "="  |
        | not-ascii | a letter outside of ASCII | "é"  |

  @must @RFC7636-4.1 @req:pkce-verifier-limits-accepted
  Rule: Every code_verifier within the grammar works

    @id:longest-verifier @catches:refuses-long-verifiers @catches:demands-secret-of-public-clients
    Scenario: A verifier of 128 characters
      The longest one there may be; a column of the database may be shorter.
      Given a public client
      And its user approved another request with the challenge of a code_verifier of 128 characters
      When the client redeems the code
      Then the client gets tokens

    @id:marks-in-verifier @catches:refuses-marks-in-verifiers @catches:demands-secret-of-public-clients
    Scenario: A verifier of 43 characters, all marks among them
      The client library next door makes its verifiers of other letters than ours.
      Given a public client
      And its user approved another request with the challenge of a code_verifier of 43 characters, all marks among them
      When the client redeems the code
      Then the client gets tokens

  @must @RFC7636-4.2 @RFC7636-A @req:pkce-s256-base64url-alphabet
  Rule: S256 is written in the URL-safe alphabet, without padding

    @id:url-safe-letters @catches:computes-s256-in-standard-alphabet @catches:demands-secret-of-public-clients
    Scenario: A challenge with dashes and underscores in it
      With the other alphabet three logins in four fail, and nobody sees which.
      Given a public client
      And its user approved another request whose challenge has dashes and underscores in it
      When the client redeems the code
      Then the client gets tokens

  @must @RFC7636-4.2 @req:pkce-challenge-syntax-checked
  Rule: A code_challenge that cannot be one is refused

    @id:malformed-challenge @catches:stores-malformed-challenges
    Scenario Outline: <what>
      What cannot be the hash of a verifier protects nothing, and the client learns it too late.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request <how>
      Then the client is told "invalid_request", tolerating a code that is not redeemed with a made up code_verifier

      Examples:
        | case     | what                                 | how                                                                |
        | one      | One character                        | with code_challenge "A"                                            |
        | short    | 42 characters                        | with a code_challenge of 42 letters                                |
        | long     | 129 characters                       | with a code_challenge of 129 letters                               |
        | padded   | A challenge with padding             | with padding after its code_challenge                              |
        | alphabet | A challenge in the standard alphabet | with letters of the standard base64 alphabet in its code_challenge |

  @must @RFC7636-4.3 @req:pkce-method-default-plain
  Rule: A challenge without a method is never taken for less than it says

    @id:no-method @catches:skips-comparison-without-method
    Scenario: A challenge without code_challenge_method
      It means plain; a server that has no plain refuses it, and one that compares nothing lets every thief in.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request without code_challenge_method
      Then the client is told "invalid_request", or the challenge itself redeems its code, and nothing else

  @must @RFC6749-3.1 @req:authz-empty-code-challenge-as-omitted
  Rule: An empty code_challenge is none

    @id:empty-challenge @catches:stores-empty-challenge
    Scenario: An empty code_challenge
      Stored as it is, it makes PKCE a formality that every verifier passes.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with an empty code_challenge
      Then the client is told "invalid_request", or its code is not redeemed

  @must @RFC6749-3.1 @draft-ietf-oauth-v2-1-3.1 @req:authz-duplicate-code-challenge-rejected
  Rule: A repeated code_challenge makes the request invalid

    @id:two-challenges @catches:lets-first-challenge-win @catches:lets-last-challenge-win
    Scenario Outline: Another code_challenge <where> its own
      Whoever can add to the address of the login page would choose the verifier.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with another code_challenge <where> its own
      Then the client is told "invalid_request", tolerating a code that is not redeemed

      Examples:
        | case   | where  |
        | after  | after  |
        | before | before |

  @must @RFC6749-3.2 @draft-ietf-oauth-v2-1-3.2 @req:token-duplicate-code-verifier-rejected
  Rule: A repeated code_verifier makes the request invalid

    @id:two-verifiers @catches:accepts-any-of-several-verifiers
    Scenario Outline: Another code_verifier <where> its own
      A thief could send as many guesses at once as a request has room for.
      Given a public client with tokens from a code that its user approved
      And its user approved another request with an S256 challenge
      When the client redeems the code with another code_verifier <where> its own
      Then the endpoint refuses with "invalid_request", tolerating "invalid_grant"

      Examples:
        | case   | where  |
        | after  | after  |
        | before | before |

  @must @RFC7636-4.4 @req:pkce-challenge-not-in-response
  Rule: The challenge does not come back through the browser

    @id:challenge-in-response @catches:puts-challenge-into-code @catches:serves-authorization-by-post-only @catches:refuses-s256
    Scenario: The response to a request with a challenge
      Whoever reads the response would have the code and what it is bound to.
      Given a public client
      When the user approves a request
      Then the client gets a code
      And the response does not give the challenge away

  @must @RFC9700-2.1.1 @draft-ietf-oauth-v2-1-4.1.3 @req:pkce-code-without-challenge-refused-at-token
  Rule: A public client's code without a challenge is worth nothing

    @id:code-without-challenge @catches:forgets-pkce-of-public-clients
    Scenario: A request without a challenge, redeemed without a verifier
      Where one endpoint forgets to ask, the other one is there to notice.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request that has no challenge
      Then the client is told "invalid_request", or its code is not redeemed

  @may @must:oauth-2.1 @draft-ietf-oauth-v2-1-4.1.2.1 @req:pkce-required-for-confidential-client
  Rule: A confidential client has to send a challenge too

    @id:confidential-without-challenge @catches:waives-pkce-for-confidential-clients @catches:answers-missing-challenge-with-access-denied
    Scenario: A confidential client without a challenge
      Its secret does not tell whose code it is that somebody put into the client's redirect.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request that has no challenge
      Then the client is told "invalid_request", tolerating a code
