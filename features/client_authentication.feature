Feature: Client authentication
  How the token endpoint knows which client it talks to (RFC 6749 section 2.3).

  @must @should:oauth-2.1 @RFC6749-2.3.1 @req:client-auth-basic-supported
  Rule: A client with a secret may authenticate by HTTP Basic

    @id:basic @catches:refuses-basic
    Scenario: Id and secret in a Basic header
      Every client library starts with it.
      Given a service client
      When the client asks for a token of its own by HTTP Basic
      Then the client's credentials are accepted

  @should @must:oauth-2.1 @draft-ietf-oauth-v2-1-2.4.1 @RFC6749-2.3.1 @req:client-auth-post-supported
  Rule: A client with a secret may authenticate in the body

    @id:in-body @catches:refuses-post
    Scenario: Id and secret in the form
      OAuth 2.1 makes it the way that every server has; before that it was a server's choice.
      Given a service client that authenticates in the body
      When the client asks for a token of its own
      Then the client's credentials are accepted

  @must @RFC6749-2.3.1 @RFC6749-B @req:client-auth-basic-form-decoding
  Rule: Id and secret are form-encoded before they go into the Basic header

    @id:encoded-basic @catches:skips-form-decoding-of-basic
    Scenario: A secret with special characters
      A generated secret with a plus or a percent sign in it fails for one client in ten, and nobody knows why.
      Given a service client with a token of its own
      And a service client with special characters in its secret
      When the client asks for a token of its own
      Then the client gets tokens, tolerating that only credentials as they are work

  @must @RFC6749-B @RFC6749-2.3.1 @req:client-auth-post-form-decoding
  Rule: Id and secret survive the form body whatever their characters

    @id:encoded-body @catches:decodes-post-secret-twice
    Scenario: A secret with special characters in the form
      A body that is decoded twice turns a plus sign of the secret into a space.
      Given a service client that authenticates in the body with a token of its own
      And a service client with special characters in its secret that authenticates in the body
      When the client asks for a token of its own
      Then the client gets tokens

  @must @RFC6749-2.3 @req:client-auth-two-methods-rejected
  Rule: A request authenticates in one way only

    @id:two-methods @catches:accepts-two-methods
    Scenario Outline: A Basic header, and <what> in the body
      Two sets of credentials leave it open which one was checked and which one counted.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_request", tolerating "invalid_client"
      And put right, the request succeeds

      Examples:
        | case  | what                         | how                                                                     |
        | own   | the same credentials         | with its secret in the body as well                                     |
        | other | another client's credentials | with the credentials of another confidential client in the body as well |

  @may @RFC6749-3.2.1 @req:client-auth-basic-with-same-client-id
  Rule: A client that authenticates by HTTP Basic may name itself in the body

    @id:client-id-beside-basic @catches:refuses-client-id-beside-basic
    Scenario: The same client_id in the body
      Many libraries send client_id always; it is no second way of authentication.
      Given a service client with a token of its own
      When the client asks for a token of its own by HTTP Basic, with its client_id in the body as well
      Then the client gets tokens

  @must @RFC6749-4.1.3 @RFC6749-3.2.1 @req:client-auth-client-id-mismatch-rejected
  Rule: The client that counts is the one that authenticated

    @id:another-client-id @catches:trusts-body-client-id
    Scenario: A client authenticates, and names the client whose code it holds
      Any client of the server could redeem the stolen codes of all others.
      Given a confidential client whose user approved a request with an S256 challenge
      When another confidential client redeems the code with the client_id of a confidential client in the body as well
      Then the endpoint refuses with "invalid_request" or "invalid_grant" or "invalid_client"
      And put right, the request succeeds

  @must @RFC6749-5.2 @RFC6749-2.3.1 @req:client-auth-wrong-secret-rejected
  Rule: A wrong secret is refused as invalid_client

    @id:wrong-secret-basic @catches:compares-secrets-loosely @catches:ignores-client-secrets
    Scenario Outline: <what> in the Basic header
      What comes close is not the secret: it helps whoever guesses.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case         | what                     | how                                    |
        | truncated    | A secret cut short       | with a truncated client secret         |
        | extended     | A secret and one more    | with an extended client secret         |
        | another-case | A secret in another case | with its client secret in another case |

    @id:wrong-secret-body @catches:compares-secrets-loosely @catches:ignores-client-secrets
    Scenario Outline: <what> in the body
      The body is often checked by other code than the header.
      Given a service client that authenticates in the body with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case         | what                     | how                                    |
        | truncated    | A secret cut short       | with a truncated client secret         |
        | extended     | A secret and one more    | with an extended client secret         |
        | another-case | A secret in another case | with its client secret in another case |

    @id:wrong-secret @catches:ignores-client-secrets
    Scenario Outline: A secret that has nothing to do with it, in <where>
      The plainest of all attacks.
      Given <client> with a token of its own
      When the client asks for a token of its own with a wrong client secret
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case  | where      | client                                          |
        | basic | the header | a service client                                |
        | body  | the body   | a service client that authenticates in the body |

  @must @RFC6749-5.2 @req:client-auth-unknown-client-rejected
  Rule: An unknown client is refused like one with a wrong secret

    @id:unknown-client @catches:answers-unknown-client-with-unauthorized-client
    Scenario Outline: A client that no one registered, in <where>
      Whoever can tell the two refusals apart can find out which clients there are.
      Given <client> with a token of its own
      When the client asks for a token of its own as a client that no one registered
      Then the endpoint refuses with "invalid_client"
      And a wrong secret is refused in the same words
      And put right, the request succeeds

      Examples:
        | case  | where      | client                                          |
        | basic | the header | a service client                                |
        | body  | the body   | a service client that authenticates in the body |

  @must @RFC6749-3.2.1 @req:client-auth-missing-rejected
  Rule: A confidential client that only names itself gets nothing

    @id:client-id-alone
    Scenario Outline: With <what>
      A client_id is no secret: it stands in every authorization request.
      Given <client>
      When the client <asks> with its client_id alone
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      @catches:lets-verifier-replace-secret
      Examples:
        | case | what         | client                                                                     | asks             |
        | code | a valid code | a confidential client whose user approved a request with an S256 challenge | redeems the code |

      @catches:refreshes-without-client-auth
      Examples:
        | case    | what                  | client                                                               | asks                             |
        | refresh | a valid refresh token | a confidential client with tokens from a code that its user approved | refreshes with the refresh token |

      @catches:accepts-client-id-alone
      Examples:
        | case               | what           | client                                   | asks                        |
        | client-credentials | nothing but it | a service client with a token of its own | asks for a token of its own |

  @must @RFC6749-2.3.1 @req:client-auth-empty-secret-rejected
  Rule: An empty secret is not the secret of a client that has one

    @id:empty-secret @catches:skips-empty-secret
    Scenario Outline: An empty secret in <where>
      A comparison that is skipped when there is nothing to compare lets everybody in.
      Given <client> with a token of its own
      When the client asks for a token of its own with an empty client secret
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case  | where      | client                                          |
        | basic | the header | a service client                                |
        | body  | the body   | a service client that authenticates in the body |

  @must @RFC6749-5.2 @RFC7617-2 @req:client-auth-failure-401-basic
  Rule: A failed Basic header is answered by 401 and a Basic challenge

    @id:basic-challenge @catches:omits-challenge-after-basic
    Scenario: A wrong secret in the Basic header
      HTTP clients ask for other credentials when they are challenged, and give up when they are not.
      Given a service client with a token of its own
      When the client asks for a token of its own by HTTP Basic, with a wrong client secret
      Then the refusal has status 401 and challenges for HTTP Basic

  @must @RFC9110-15.5.2 @req:client-auth-401-always-has-challenge
  Rule: Whoever answers 401 sends a challenge

    @id:body-challenge @catches:omits-challenge-for-body-credentials
    Scenario: A wrong secret in the body
      A 401 without a challenge is no HTTP; a 400 would have done.
      Given a service client that authenticates in the body with a token of its own
      When the client asks for a token of its own with a wrong client secret
      Then a refusal with status 401 carries a challenge

  @must @RFC6749-5.2 @req:client-auth-malformed-basic-handled
  Rule: An Authorization header that cannot be read is failed authentication

    @id:malformed-basic @catches:treats-malformed-basic-as-public
    Scenario Outline: <what>
      A server that cannot read the header and goes on without it has no authentication at all.
      Given a service client with a token of its own
      When the client asks for a token of its own with its client_id in the body and the Authorization header "<header>"
      Then the endpoint refuses with "invalid_client", tolerating "invalid_request"
      And put right, the request succeeds

      Examples:
        | case      | what                        | header             |
        | no-base64 | Signs that are no base64    | Basic %%%          |
        | empty     | The scheme and nothing else | Basic              |
        | no-colon  | A user without a password   | Basic Zmxvd3Byb29m |
        | bearer    | Another scheme              | Bearer abc         |

  @must @RFC6749-3.2.1 @RFC6749-4.1.3 @req:public-client-client-id-required
  Rule: A public client names itself when it redeems a code

    @id:anonymous-redemption @catches:redeems-code-without-client-id
    Scenario: A code redeemed by nobody
      The client_id is what keeps a client from taking a code that was meant for another.
      Given a public client whose user approved a request with an S256 challenge
      When the client redeems the code without saying who it is
      Then the endpoint refuses with "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @should @RFC8252-8.5 @req:public-client-no-secret-needed
  Rule: A public client needs no secret

    @id:no-secret @catches:demands-secret-of-public-clients
    Scenario: A code redeemed with client_id and code_verifier alone
      A secret that ships with an app is known to everybody who has the app.
      Given a public client whose user approved a request with an S256 challenge
      When the client redeems the code
      Then the client gets tokens

  @must @RFC6749-3.2.1 @req:public-client-cannot-impersonate-confidential
  Rule: A confidential client's code is not redeemed without its authentication

    @id:verifier-for-secret @catches:lets-verifier-replace-secret
    Scenario: The right code_verifier, and no secret
      The verifier proves who began; only the secret proves which client it is.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code with its client_id alone
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

  @must @RFC9110-11.1 @RFC7617-2 @req:client-auth-basic-scheme-case-insensitive
  Rule: The scheme Basic is the same in any case

    @id:scheme @catches:compares-basic-scheme-literally
    Scenario Outline: The scheme spelled "<scheme>"
      Proxies and libraries spell it as they like.
      Given a service client with a token of its own
      When the client asks for a token of its own by HTTP Basic, with the scheme "<scheme>"
      Then the client gets tokens

      Examples:
        | case  | scheme |
        | lower | basic  |
        | upper | BASIC  |

  @must @RFC6749-3.2.1 @req:client-auth-client-id-mismatch-any-grant
  Rule: Whoever authenticated is the one whose rights count, whatever the grant

    @id:named-in-body @catches:serves-client-named-in-body
    Scenario Outline: A client authenticates, and names another one for <what>
      Any client of the server would have the rights of all others.
      Given <client>
      When the client <asks> with the header of another confidential client and its own client_id in the body
      Then the endpoint refuses with "invalid_request" or "invalid_client" or "invalid_grant" or "unauthorized_client" or "invalid_scope", tolerating a token that is another confidential client's own
      And put right, the request succeeds

      Examples:
        | case               | what               | client                                                               | asks                             |
        | client-credentials | its scopes         | a service client with a token of its own                             | asks for a token of its own      |
        | refresh            | its refresh tokens | a confidential client with tokens from a code that its user approved | refreshes with the refresh token |

  @must @RFC7617-2 @RFC6749-2.3.1 @req:client-auth-basic-colon-in-secret
  Rule: The first colon of a Basic header ends the client_id, and no other ends anything

    @id:colon-in-secret @catches:splits-basic-at-every-colon
    Scenario: A secret with a colon in it, as it is
      Cut at its colon, a long secret is a short one.
      Given a service client with special characters in its secret with a token of its own
      When the client asks for a token of its own with the colons of its secret as they are
      Then the endpoint says yes, tolerating "invalid_client"

  @must @RFC6749-2.3.1 @req:client-auth-brute-force-limited
  Rule: Who tries many secrets is limited

    @id:many-wrong-secrets @catches:never-tires-of-wrong-secrets @own-realm @catches:ignores-client-secrets
    Scenario: A hundred wrong secrets and some
      A secret that can be tried at will is found in the end.
      Given a service client with a token of its own
      When the client asks for a token of its own with 110 wrong secrets
      Then the client is slowed down or stopped, tolerating that it is not
