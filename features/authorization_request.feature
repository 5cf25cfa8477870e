Feature: Authorization requests in odd forms
  Empty, repeated, misspelt and hostile parameters come from careless clients, and from attackers (RFC 6749 section 3.1).

  @must @RFC6749-3.1 @req:authz-get-supported
  Rule: The endpoint answers requests that come by GET

    @id:by-get @catches:serves-authorization-by-post-only @catches:refuses-s256
    Scenario: A link that the user follows
      A client sends its user by a link or a redirect, and both are GET.
      Given a confidential client
      When the user approves a request
      Then the client gets a code

  @may @RFC6749-3.1 @req:authz-post-handled-or-refused-cleanly
  Rule: By POST a request means the same, or is refused

    @id:by-post @catches:crashes-on-authorization-by-post
    Scenario: The same request as a form
      A server need not take it, but it has to know what to do about it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request as a form by POST
      Then the client gets a code, or the request is refused

  @must @RFC6749-3.1 @RFC6749-4.1.2.1 @req:authz-empty-response-type-as-missing
  Rule: An empty response_type is a missing one

    @id:empty-response-type @catches:treats-empty-response-type-as-code @catches:treats-missing-response-type-as-code
    Scenario: An empty response_type
      A guess of the server's may be a flow that the client does not expect.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with an empty response_type
      Then the client is told "invalid_request", tolerating "unsupported_response_type"

  @must @RFC6749-3.1 @RFC6749-3.3 @req:authz-empty-scope-as-omitted
  Rule: An empty scope is no scope

    @id:empty-scope @catches:refuses-empty-scope
    Scenario: An empty scope, and none
      Clients that fill in a template send the parameter whether or not there is anything in it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with an empty scope
      Then a request without scope has the same outcome

  @must @RFC6749-3.1 @RFC6749-4.1.2 @req:authz-empty-state-as-omitted
  Rule: Without a state in the request there is none in the response

    @id:no-state @catches:echoes-missing-state-as-null
    Scenario Outline: A request <alteration>
      The client compares what comes back with what it sent, and takes the response for a forged one.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request <alteration>
      Then the client gets a code
      And no state comes back

      @catches:refuses-empty-state @catches:lets-last-state-win
      Examples:
        | case    | alteration          |
        | empty   | with an empty state |

      Examples:
        | case    | alteration          |
        | missing | without state       |

  @must @RFC6749-3.1 @RFC6749-4.1.2.1 @req:authz-duplicate-response-type-rejected
  Rule: A request that repeats response_type is refused

    @id:duplicate-response-type @catches:lets-first-response-type-win
    Scenario Outline: A request <alteration>
      What the client asked for depends on who reads it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request <alteration>
      Then the client is told "invalid_request", tolerating "unsupported_response_type"

      Examples:
        | case           | alteration                          |
        | same           | with response_type twice            |
        | code-and-token | with a second response_type "token" |

  @must @RFC6749-3.1 @RFC6749-4.1.2.1 @req:authz-duplicate-scope-rejected
  Rule: A request that repeats scope is refused

    @id:duplicate-scope @catches:merges-repeated-scopes
    Scenario: Two scopes in a parameter each
      The filter before the server lets the first one pass, and the server grants both.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with two of its scopes in a parameter each
      Then the client is told "invalid_request", tolerating a token for one of the scopes

  @must @RFC6749-3.1 @RFC6749-4.1.2.1 @req:authz-duplicate-client-id-no-redirect
  Rule: A request of two clients is nobody's

    @id:duplicate-client-id @catches:lets-first-client-id-win
    Scenario: The client_id of another client beside the own one
      The user is asked about one client, and the code may be for the other.
      Given a confidential client
      When the user approves a request with the client_id of another confidential client beside its own
      Then the browser is not sent away
      And put right, the request succeeds

  @must @RFC6749-3.1 @RFC6749-4.1.2.1 @req:authz-duplicate-redirect-uri-no-redirect
  Rule: A request with two redirect URIs leads to neither

    @id:duplicate-redirect-uri
    Scenario Outline: A request <alteration>
      One of the two is looked at, and the browser goes to the other.
      Given a confidential client
      When the user approves a request <alteration>
      Then the browser is not sent away, tolerating an error for the client's own redirect_uri
      And put right, the request succeeds

      @catches:checks-first-redirect-uri-only
      Examples:
        | case         | alteration                                                |
        | strange-last | with a second redirect_uri "https://evil.example/cb"      |

      @catches:checks-last-redirect-uri-only
      Examples:
        | case          | alteration                                               |
        | strange-first | with redirect_uri "https://evil.example/cb" before its own |

  @must @RFC6749-1.9 @RFC6749-4.1.2.1 @req:authz-response-type-case-sensitive
  Rule: CODE is not code

    @id:response-type-in-capitals @catches:ignores-response-type-case
    Scenario: A response type in capitals
      Two readers of one request had better agree on what it says.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with response_type "CODE"
      Then the client is told "unsupported_response_type" or "invalid_request"

  @must @RFC6749-4.1.2.1 @req:authz-bad-redirect-uri-takes-precedence
  Rule: Whatever else is wrong with a request, a bad redirect URI never gets the browser

    @id:other-fault @catches:redirects-errors-to-unchecked-uri
    Scenario Outline: A strange redirect URI, and <case>
      Servers that look at the redirect URI last tell the attacker's site about everything that they found before.
      Given a confidential client
      When the user approves a request with redirect_uri "https://evil.example/cb", <alteration>
      Then the browser is not sent away
      And put right, the request succeeds

      @catches:reports-faults-to-unchecked-uri
      Examples:
        | case               | alteration                          |
        | unknown-scope      | with only an unknown scope          |
        | missing-challenge  | without code_challenge              |
        | unknown-parameters | with parameters that no one knows   |
        | duplicate-state    | with a second state "b"             |

      @catches:reports-response-type-to-unchecked-uri
      Examples:
        | case                  | alteration                        |
        | unknown-response-type | with response_type "flowproof"    |

  @must @RFC6749-4.1.2.1 @req:authz-silent-request-bad-redirect-uri
  Rule: A request that wants no page gets one rather than a redirect to a bad address

    @id:silent @catches:answers-silent-requests-unchecked
    Scenario Outline: A request without a page, of <case>
      With prompt=none a server is in a hurry to tell the client that nobody is logged in, and may look later who that is.
      Given a confidential client
      When the user approves a request <alteration>, with prompt "none"
      Then the browser is not sent away
      And put right, the request succeeds

      @catches:redirects-errors-to-unchecked-uri
      Examples:
        | case           | alteration                                                                         |
        | known-client   | with redirect_uri "https://evil.example/cb"                                        |

      @catches:redirects-unknown-clients
      Examples:
        | case           | alteration                                                                         |
        | unknown-client | with a client_id that no one registered and redirect_uri "https://evil.example/cb" |

  @must @RFC6749-4.1.2.1 @req:authz-other-response-types-bad-redirect-uri
  Rule: No response type opens a way to a bad redirect URI

    @id:other-response-type @catches:redirects-errors-to-unchecked-uri @catches:reports-response-type-to-unchecked-uri
    Scenario Outline: A strange redirect URI, <alteration>
      The branch for what the server does not support is easily forgotten when the check moves.
      Given a confidential client
      When the user approves a request with redirect_uri "https://evil.example/cb", <alteration>
      Then the browser is not sent away
      And put right, the request succeeds

      Examples:
        | case                   | alteration                                                  |
        | invented               | with response_type "bogus"                                  |
        | token                  | with response_type "token"                                  |
        | code-token             | with response_type "code token"                             |
        | code-id-token          | with response_type "code id_token"                          |
        | code-id-token-unopened | with response_type "code id_token", with one of its scopes  |
        | none                   | with response_type "none"                                   |

  @must @RFC6749-10.14 @req:authz-malformed-input-no-5xx
  Rule: Broken and hostile values do not break the endpoint down

    @id:hostile
    Scenario Outline: A value of <value>
      Whoever can fell the endpoint by a link locks out everybody else; a stack trace helps to find more.
      Given a confidential client
      When the user opens requests with "<value>" as each parameter in turn
      Then none of them breaks the endpoint down
      And put right, the request succeeds

      @catches:crashes-on-broken-encoding
      Examples:
        | case         | value                      |
        | no-hex       | %zz                        |
        | lone-percent | %                          |
        | not-utf8     | %ff%fe                     |

      @catches:crashes-on-nul-characters
      Examples:
        | case         | value                      |
        | nul          | %00                        |

      @catches:crashes-on-quotes
      Examples:
        | case         | value                      |
        | quotes       | %27%22%20OR%20%271%27=%271 |

    @id:very-long @catches:crashes-on-long-state
    Scenario: Very long values
      Whoever can fell the endpoint by a link locks out everybody else.
      Given a confidential client
      When the user opens requests with very long values as each parameter in turn
      Then none of them breaks the endpoint down
      And put right, the request succeeds
