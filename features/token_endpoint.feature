Feature: Token endpoint
  Where a client trades a grant for tokens: one form in, one JSON object out, whatever the grant.

  @must @RFC6749-3.2 @req:token-get-refused
  Rule: A token request is a POST

    @id:get @catches:serves-get-at-token
    Scenario Outline: The same request as a GET
      Addresses end up in histories, logs and Referer headers, and the code and the verifier with them.
      Given <client> whose user approved a request with an S256 challenge
      When the client redeems the code by GET
      Then the endpoint refuses in whatever words
      And the same code can still be redeemed
      And put right, the request succeeds

      Examples:
        | case         | client                |
        | public       | a public client       |
        | confidential | a confidential client |

  @must @RFC6749-4.1.3 @RFC6749-3.2 @req:token-query-params-ignored
  Rule: Parameters of a token request count in its body only

    @id:in-query @catches:merges-query-into-form
    Scenario Outline: <what> in the query
      What stands in the query is in somebody's log, and may have been put there by somebody else.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code <how>
      Then the endpoint refuses with "invalid_request" or "invalid_client", tolerating "unsupported_grant_type"
      And put right, the request succeeds

      Examples:
        | case       | what            | how                               |
        | everything | Every parameter | with every parameter in the query |

      @catches:crashes-on-missing-code
      Examples:
        | case | what           | how                    |
        | code | The code alone | with code in the query |

    @id:query-wins @catches:lets-query-win-over-form
    Scenario: One code in the body, another one in the query
      Whoever can add to the address would choose the code.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code with a made up code, the right one in the query
      Then the endpoint refuses with "invalid_grant" or "invalid_request"
      And put right, the request succeeds

  @must @RFC6749-2.3.1 @req:token-credentials-in-query-rejected
  Rule: Client credentials in the address are refused

    @id:credentials-in-query @catches:accepts-secret-in-query
    Scenario: Client id and secret in the query
      A secret in an address is a secret in every access log on the way.
      Given a service client that authenticates in the body with a token of its own
      When the client asks for a token of its own with its credentials in the query
      Then the endpoint refuses with "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @RFC6749-B @req:token-json-body-refused
  Rule: The body of a token request is a form

    @id:json-body @catches:accepts-json-bodies
    Scenario: The same parameters as JSON
      A second syntax is a second parser, with duplicates and types that no check of the first one sees.
      Given a service client with a token of its own
      When the client asks for a token of its own as JSON
      Then the endpoint does not take the body for a form
      And put right, the request succeeds

  @must @RFC6749-3.2 @req:token-unknown-param-ignored
  Rule: Parameters that the server does not know have no effect

    @id:unknown-parameters @catches:rejects-unknown-token-parameters
    Scenario: Two parameters that no one knows
      Clients send what other servers or later extensions ask for, and must not break by it.
      Given a service client with a token of its own
      When the client asks for a token of its own with parameters that no one knows
      Then the client gets tokens

  @must @RFC6749-3.2 @req:token-duplicate-grant-type-rejected
  Rule: A repeated grant_type makes the request invalid

    @id:repeated-grant-type @catches:lets-first-grant-type-win
    Scenario Outline: <what>
      Two parties that read the same request, one the first and one the last value, decide different things.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint refuses with "invalid_request"
      And put right, the request succeeds

      Examples:
        | case    | what                      | how                                      |
        | same    | The same value twice      | with grant_type twice                    |
        | another | A second, different value | with a second grant_type "refresh_token" |

  @must @RFC6749-5.2 @RFC6749-3.2 @req:token-missing-grant-type
  Rule: A request without grant_type is invalid

    @id:no-grant-type @catches:guesses-missing-grant-type
    Scenario Outline: <what>
      A server that guesses what was meant serves a grant that nobody asked for.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client redeems the code <how>
      Then the endpoint refuses with "invalid_request", tolerating "unsupported_grant_type"
      And put right, the request succeeds

      Examples:
        | case    | what                | how                      |
        | missing | No grant_type       | without grant_type       |
        | empty   | An empty grant_type | with an empty grant_type |

  @must @RFC6749-5.2 @req:token-unsupported-grant-type
  Rule: A grant type that the server does not know is told so

    @id:unknown-grant-type @catches:answers-unknown-grant-with-invalid-request
    Scenario Outline: <what>
      A client that tries an extension learns by this code alone that it has to go on without.
      Given a service client with a token of its own
      When the token endpoint is asked for the grant type "<grant>"
      Then the endpoint refuses with "unsupported_grant_type"
      And put right, the request succeeds

      Examples:
        | case | what               | grant                          |
        | urn  | An extension's URN | urn:example:flowproof:no-grant |
        | word | A word of nobody's | flowproof                      |

  @must @RFC6749-5.2 @req:token-unauthorized-client-grant
  Rule: A client gets no grant that it is not registered for

    @id:unregistered-grant @catches:ignores-registered-grants
    Scenario: Client credentials by a client that is not registered for them
      A web application's secret would be worth a service account.
      Given a confidential client that is not registered for client_credentials
      When the client asks for a token of its own
      Then the endpoint refuses with "unauthorized_client", tolerating "unsupported_grant_type" or "invalid_grant"
      And a service client can ask for a token of its own

  @must @RFC6749-5.1 @req:token-success-json
  Rule: Tokens come as one JSON object with status 200

    @id:json @catches:labels-token-answer-as-html
    Scenario Outline: Tokens for <what>
      Clients look at the media type before they parse, and find the members at the top or not at all.
      Given <client>
      When the client <asks>
      Then the token answer is a JSON object

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6749-5.1 @req:token-success-required-members
  Rule: A token answer names the access token and its type

    @id:required-members @catches:omits-token-type
    Scenario Outline: Tokens for <what>
      A client that does not know the type must not use the token.
      Given <client>
      When the client <asks>
      Then the token answer names the access token and its type

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6750-6.1.1 @RFC6749-7.1 @req:token-type-bearer
  Rule: The type of a bearer token is Bearer

    @id:bearer @catches:omits-token-type @catches:misnames-token-type
    Scenario Outline: Tokens for <what>
      The type says how the token is presented; a client must not use one whose type it does not know.
      Given <client>
      When the client <asks>
      Then the token type is Bearer

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6750-2.1 @req:access-token-b64token-syntax
  Rule: An access token fits into the header that it is made for

    @id:token-syntax @catches:issues-tokens-outside-the-grammar
    Scenario Outline: Tokens for <what>
      A token with a comma or a space in it is cut by the first proxy or parser that reads the header by the book.
      Given <client>
      When the client <asks>
      Then the access token fits into an Authorization header

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @should @RFC6749-5.1 @req:token-expires-in-present
  Rule: A token answer says how long the token lives

    @id:lifetime-told @catches:omits-expires-in
    Scenario Outline: Tokens for <what>
      A client that does not know refreshes too often, or too late.
      Given <client>
      When the client <asks>
      Then the token answer says how long the token lives

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6749-5.1 @req:token-expires-in-number
  Rule: The lifetime is a number of seconds

    @id:lifetime-number @catches:sends-expires-in-as-string
    Scenario Outline: Tokens for <what>
      A typed client fails on a string, and takes a date for a lifetime of fifty years.
      Given <client>
      When the client <asks>
      Then the lifetime is a whole number of seconds

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6749-3.3 @RFC6749-5.1 @req:token-scope-is-string
  Rule: The scope of a token answer is one string

    @id:scope-string @catches:sends-scope-as-array
    Scenario Outline: Tokens for <what>
      A client that cannot read the scope does not know what its token is good for.
      Given <client>
      When the client <asks>
      Then the scope of the token answer is one string

      Examples:
        | case               | what              | client                                                                     | asks                                            |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                                |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token                |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own with all its scopes |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                                           |

  @must @RFC6749-5.1 @req:token-cache-control-no-store
  Rule: An answer with tokens must not be stored

    @id:no-store @catches:omits-no-store
    Scenario Outline: Tokens for <what>
      A cache on the way would hand the tokens to the next who asks.
      Given <client>
      When the client <asks>
      Then the token answer forbids caching

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must:oauth-2.0 @RFC6749-5.1 @req:token-pragma-no-cache
  Rule: An answer with tokens says so to HTTP/1.0 caches too

    @id:pragma @catches:omits-pragma
    Scenario Outline: Tokens for <what>
      An old cache does not know Cache-Control; newer specifications ask for this header no more, so it is a warning.
      Given <client>
      When the client <asks>
      Then the token answer forbids caching to old caches too

      Examples:
        | case               | what              | client                                                                     | asks                             |
        | code               | a code            | a confidential client whose user approved a request with an S256 challenge | redeems the code                 |
        | refresh            | a refresh token   | a confidential client with tokens from a code that its user approved       | refreshes with the refresh token |
        | client-credentials | the client itself | a service client                                                           | asks for a token of its own      |
        | device             | a device code     | a device client with a device code that its user approved                  | polls                            |

  @must @RFC6749-5.2 @req:token-error-json-400
  Rule: A refusal is a JSON object with status 400

    @id:error
    Scenario Outline: Told <error>
      A client that sees a 200, or a page, goes on without a token and fails where nobody looks.
      Given <client>
      When <act>
      Then the refusal has status 400 and is JSON

      @catches:crashes-on-missing-code
      Examples:
        | case            | error           | client                                                                     | act                                      |
        | invalid-request | invalid_request | a confidential client whose user approved a request with an S256 challenge | the client redeems the code without code |

      @catches:answers-invalid-grant-with-401
      Examples:
        | case          | error         | client                | act                                         |
        | invalid-grant | invalid_grant | a confidential client | the client refreshes with the made up token |

      @catches:answers-unknown-grant-with-403
      Examples:
        | case                   | error                  | client           | act                                                        |
        | unsupported-grant-type | unsupported_grant_type | a service client | the token endpoint is asked for the grant type "flowproof" |

      @catches:answers-invalid-scope-with-200
      Examples:
        | case          | error         | client           | act                                                               |
        | invalid-scope | invalid_scope | a service client | the client asks for a token of its own with only an unknown scope |

  @should @RFC6749-5.1 @RFC6749-5.2 @req:token-error-no-store
  Rule: A refusal should not be stored either

    @id:error-no-store @catches:sends-cacheable-errors
    Scenario Outline: Told <error>
      A cached refusal is served again after the reason for it is gone.
      Given <client>
      When <act>
      Then the refusal forbids caching

      Examples:
        | case                   | error                  | client                                                                     | act                                                               |
        | invalid-request        | invalid_request        | a confidential client whose user approved a request with an S256 challenge | the client redeems the code without code                          |
        | invalid-grant          | invalid_grant          | a confidential client                                                      | the client refreshes with the made up token                       |
        | unsupported-grant-type | unsupported_grant_type | a service client                                                           | the token endpoint is asked for the grant type "flowproof"        |
        | invalid-scope          | invalid_scope          | a service client                                                           | the client asks for a token of its own with only an unknown scope |
        | invalid-client         | invalid_client         | a service client                                                           | the client asks for a token of its own with a wrong client secret |

  @must @RFC6749-5.2 @req:token-no-redirect
  Rule: The token endpoint answers in JSON and redirects nowhere

    @id:no-redirect @catches:redirects-browsers-to-login
    Scenario Outline: <what>
      A framework that sends whoever is not logged in to a login page sends programs there too.
      Given a service client with a token of its own
      When the client asks for a token of its own <how>
      Then the endpoint answers in JSON and redirects nowhere
      And put right, the request succeeds

      Examples:
        | case         | what                                 | how                                                                                         |
        | anonymous    | Nobody, accepting only HTML          | without saying who it is, accepting "text/html"                                             |
        | with-cookie  | Nobody with a cookie, like a browser | without saying who it is, accepting "text/html", with the header Cookie "session=flowproof" |
        | wrong-secret | A wrong secret, accepting only HTML  | with a wrong client secret, accepting "text/html"                                           |

  @must @RFC6749-5.2 @req:token-cross-type-substitution-rejected
  Rule: One kind of credential does not stand in for another

    @id:access-for-refresh @catches:accepts-access-token-as-refresh-token
    Scenario: An access token in the place of a refresh token
      Resources see access tokens; whoever runs one could live on them for ever.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the access token
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

    @id:refresh-for-code @catches:accepts-refresh-token-as-code
    Scenario: A refresh token in the place of a code
      A redemption would turn one refresh token into a second chain that no rotation sees.
      Given a confidential client with tokens from a code that its user approved
      When the client redeems the refresh token as a code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

    @id:code-for-refresh @catches:accepts-code-as-refresh-token
    Scenario: A code in the place of a refresh token
      A code that travels through the browser would be redeemed without its verifier and its redirect URI.
      Given a confidential client whose user approved a request with an S256 challenge
      When the client refreshes with the code
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-4.1.3 @RFC6749-B @req:token-content-type-charset-accepted
  Rule: A form is a form, whatever else its Content-Type says

    @id:content-type @catches:compares-content-type-literally
    Scenario Outline: A form labelled <type>
      Every HTTP library has a habit of its own here, and a proxy may add another.
      Given a service client with a token of its own
      When the client asks for a token of its own with the content type "<type>"
      Then the client gets tokens

      Examples:
        | case    | type                                             |
        | charset | application/x-www-form-urlencoded; charset=UTF-8 |
        | case    | Application/X-WWW-Form-Urlencoded                |
        | tight   | application/x-www-form-urlencoded;charset=utf-8  |

  @must @RFC6749-3.2 @req:token-empty-param-as-omitted
  Rule: A parameter without a value is as good as none

    @id:empty-scope @catches:refuses-empty-scope-at-token
    Scenario: An empty scope
      A client that fills a form leaves empty what it has nothing to say to.
      Given a service client with a token of its own
      When the client asks for a token of its own with an empty scope
      Then the endpoint answers as it does without scope

    @id:empty-scope-of-refresh @catches:refuses-empty-scope-at-token
    Scenario: An empty scope on refresh
      It asks for what was granted, and not for nothing.
      Given a confidential client with tokens from a code that its user approved
      When the client refreshes with the refresh token with an empty scope
      Then the client gets tokens

    @id:empty-secret @catches:refuses-empty-secret-of-public-clients @catches:demands-secret-of-public-clients
    Scenario: An empty client_secret of a client that has none
      Libraries send the field because there is one.
      Given a public client whose user approved a request with an S256 challenge
      When the client redeems the code with an empty client_secret
      Then the client gets tokens

  @must @RFC6749-3.2 @RFC6749-2.3 @req:token-duplicate-client-id-rejected
  Rule: Credentials that stand there twice make the request invalid

    @id:repeated-credentials @catches:lets-first-credentials-win
    Scenario: A client's own credentials, and another client's after them
      One part of the server reads the first, another the last, and a client acts in another one's name.
      Given a service client that authenticates in the body with a token of its own
      When the client asks for a token of its own with its own credentials and then those of another confidential client in the body
      Then the endpoint refuses with "invalid_request", tolerating "invalid_client"
      And put right, the request succeeds

  @must @RFC6749-1.9 @RFC6749-4.4.2 @req:token-grant-type-case-sensitive
  Rule: The names of grant types are case sensitive

    @id:grant-type-case @catches:ignores-case-of-grant-type @catches:answers-unknown-grant-with-invalid-request
    Scenario Outline: The grant type <grant>
      What one part of the server takes for unknown, and lets pass, another one serves.
      Given a service client with a token of its own
      When the token endpoint is asked for the grant type "<grant>"
      Then the endpoint refuses with "unsupported_grant_type"
      And put right, the request succeeds

      Examples:
        | case  | grant              |
        | title | Client_Credentials |
        | upper | CLIENT_CREDENTIALS |

  @must @RFC6749-5.2 @req:token-error-charset
  Rule: A refusal is written in the letters that are allowed

    @id:error-letters @catches:echoes-input-in-errors
    Scenario Outline: Quotation marks, backslashes and other letters in the <name>
      An error that repeats its cause carries it into logs and pages that never expected it.
      Given <client>
      When <act> with quotes and umlauts in its <name>
      Then the words of the refusal keep to the letters that are allowed

      Examples:
        | case      | name      | client                                                               | act                                    |
        | scope     | scope     | a service client                                                     | the client asks for a token of its own |
        | code      | code      | a public client whose user approved a request with an S256 challenge | the client redeems the code            |
        | client-id | client_id | a public client whose user approved a request with an S256 challenge | the client redeems the code            |

  @should @RFC6749-5.2 @req:token-answer-independent-of-accept
  Rule: A refusal is JSON whatever the client asks for

    @id:any-accept @catches:redirects-browsers-to-login @catches:sends-errors-only-to-who-accepts-json
    Scenario Outline: <what>
      Few clients ask for JSON by name, and the reason of a refusal is lost on all others.
      Given <client>
      When <act>
      Then the refusal is the same whatever kind of answer is asked for

      Examples:
        | case         | what           | client                | act                                                               |
        | anonymous    | Nobody         | a service client      | the client asks for a token of its own without saying who it is   |
        | wrong-secret | A wrong secret | a service client      | the client asks for a token of its own with a wrong client secret |
        | bad-grant    | A bad grant    | a confidential client | the client refreshes with the made up token                       |

  @must @RFC6749-10.14 @RFC6749-5.2 @req:token-malformed-input-no-5xx
  Rule: Broken input is refused, and breaks nothing

    @id:broken-input
    Scenario Outline: <what>
      What breaks down over one request can be brought down by many.
      Given a confidential client
      When the client refreshes with the made up token <how>
      Then the endpoint refuses, and does not break

      @catches:crashes-on-broken-encoding-at-token
      Examples:
        | case     | what                              | how                                           |
        | percent  | A percent sign without its number | with a percent sign and no number in its body |
        | not-utf8 | Octets that are no UTF-8          | with octets in its body that are no UTF-8     |

      @catches:builds-queries-from-input
      Examples:
        | case          | what                            | how                                      |
        | nul           | A NUL in a token                | with a NUL in its refresh_token          |
        | sql-token     | A piece of SQL for a token      | with refresh_token "' OR '1'='1' --"     |
        | sql-client-id | A piece of SQL for a client     | with client_id "' OR '1'='1' --"         |

      @catches:crashes-on-empty-body
      Examples:
        | case  | what           | how                |
        | empty | Nothing at all | with an empty body |

      @catches:crashes-on-long-input
      Examples:
        | case | what                      | how                                              |
        | long | A token of 50 000 letters | with 50000 letters for a refresh_token in its body |

    @id:huge-input @catches:crashes-on-long-input
    Scenario: A token of a million letters, and one that just gets through
      The first door stops the largest; behind it there may be a smaller one.
      Given a confidential client
      When the client refreshes with the made up token with 1000000 letters for a refresh_token in its body
      Then the endpoint refuses, and does not break
      When the client refreshes with the made up token with 20000 letters for a refresh_token in its body
      Then the endpoint refuses, and does not break

  @must @RFC6749-10.10 @req:access-token-entropy
  Rule: Nobody can guess an access token

    @id:entropy @catches:numbers-access-tokens
    Scenario: Two dozen tokens of one service
      Whoever has seen a few tokens must not know the next one.
      Given a service client
      When the client asks for 24 tokens of its own
      Then nobody can guess an access token

  @must @RFC6749-10.10 @req:tokens-unique-per-grant
  Rule: Each grant has credentials of its own

    @id:unique @catches:reuses-access-token-of-session
    Scenario: Ten grants of one user to one client
      What two grants share outlives the one that was taken back.
      Given a confidential client
      When the user approves 10 requests, and the client redeems each code
      Then no two grants share a code, a refresh token or an access token
