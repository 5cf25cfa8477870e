Feature: Authorization endpoint
  The browser brings the client's request, the user decides, and the browser brings the answer back (RFC 6749 section 4.1).

  @must @RFC6749-3.1 @req:authz-unknown-param-ignored
  Rule: Parameters that the server does not know change nothing

    @id:unknown-parameters @catches:rejects-unknown-parameters
    Scenario: Parameters that no one knows
      Tracking parameters and future extensions would lock users out.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with parameters that no one knows
      Then the client gets a code
      And the response does not repeat x_flowproof_unknown

  @must @RFC6749-3.1.1 @RFC6749-4.1.2.1 @req:authz-missing-response-type
  Rule: A request that does not say what it wants is refused, and the client is told

    @id:missing-response-type @catches:treats-missing-response-type-as-code
    Scenario: Without response_type
      A guess of the server's may be a flow that the client does not expect.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request without response_type
      Then the client is told "invalid_request", tolerating "unsupported_response_type"

  @must @RFC6749-3.1.1 @RFC6749-4.1.2.1 @req:authz-unknown-response-type
  Rule: A response type that the server does not understand is refused, and the client is told

    @id:unknown-response-type @catches:treats-unknown-response-type-as-code
    Scenario: A response type that no one knows
      A client that asks for something new must learn that it does not get it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with response_type "flowproof"
      Then the client is told "unsupported_response_type", tolerating "invalid_request"

  @must @RFC6749-4.1.2.1 @req:authz-missing-client-id-no-redirect
  Rule: Without client_id nobody is sent to the redirect_uri of the request

    @id:missing-client-id @catches:redirects-without-client-id
    Scenario Outline: A request <alteration>
      The server would be an open redirector: its good name lends trust to any site.
      Given a confidential client
      When the user approves a request <alteration>
      Then the browser is not sent away
      And put right, the request succeeds

      Examples:
        | case           | alteration                                                      |
        | registered-uri | without client_id                                               |
        | strange-uri    | without client_id and with redirect_uri "https://evil.example/cb" |

  @must @RFC6749-4.1.2.1 @req:authz-unknown-client-id-no-redirect
  Rule: A client_id that no one registered leads to no redirect

    @id:unknown-client-id @catches:redirects-unknown-clients
    Scenario Outline: A request <alteration>
      Anyone can make up a client and a redirect URI to go with it.
      Given a confidential client
      When the user approves a request <alteration>
      Then the browser is not sent away
      And put right, the request succeeds

      Examples:
        | case                 | alteration                                                                          |
        | uri-of-other-client  | with a client_id that no one registered                                             |
        | strange-uri          | with a client_id that no one registered and redirect_uri "https://evil.example/cb"  |

  @must @RFC6749-3.1.2.4 @RFC9700-4.11.2 @req:authz-unregistered-redirect-uri-no-redirect
  Rule: A redirect URI that the client has not registered never gets the browser

    @id:unregistered-redirect-uri @catches:redirects-errors-to-unchecked-uri
    Scenario: An unregistered redirect URI
      Not even an error may go there: the address is the attacker's.
      Given a confidential client
      When the user approves a request with redirect_uri "https://evil.example/cb"
      Then the browser is not sent away
      And put right, the request succeeds

    @id:unregistered-redirect-uri-after-login @catches:redirects-errors-to-unchecked-uri
    Scenario: An unregistered redirect URI, opened by a user who has logged in
      Some servers look at the redirect URI at one of the two moments only.
      Given a confidential client
      When a user who has logged in before approves a request with redirect_uri "https://evil.example/cb"
      Then the browser is not sent away
      And put right, the request succeeds

    @id:unregistered-redirect-uri-by-post @catches:redirects-errors-to-unchecked-uri @catches:skips-redirect-uri-check-by-post @catches:crashes-on-authorization-by-post
    Scenario: An unregistered redirect URI in a request by POST
      Where there is a second way in, the check may stand at the first one only.
      Given a confidential client
      When the user approves a request with redirect_uri "https://evil.example/cb", as a form by POST
      Then the browser is not sent away
      And put right, the request succeeds

  @must @RFC6749-3.1 @req:authz-duplicate-state-rejected
  Rule: A request that repeats a parameter is refused

    @id:duplicate-state @catches:lets-last-state-win
    Scenario: Two states
      The filter before the server reads the first one, the server the last one.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with state and also state "b"
      Then the client is told "invalid_request"

  @must @RFC6749-4.1.2 @req:authz-success-code-in-query
  Rule: The code comes in the query of the redirect URI

    @id:code-in-query @shares-session @catches:sends-code-in-fragment
    Scenario: A code for the server side of the client
      What stands behind the # never reaches the client's server.
      Given a confidential client
      When the user approves a request
      And the client got a code
      Then the code travels in the query

  @must @RFC6749-3.1 @req:authz-response-params-once
  Rule: No parameter of the response stands twice

    @id:success-parameters-once @shares-session @catches:repeats-state
    Scenario: In a response with a code
      Of two states the client may compare the wrong one.
      Given a confidential client
      When the user approves a request
      And the client got a code
      Then no parameter of the response stands twice

    @id:parameters-once-beside-own-query @shares-session @catches:repeats-state
    Scenario: In a response to a redirect URI with a query of its own
      Servers that append by hand slip where something is there already.
      Given a client with a query in its redirect URI
      When the user approves a request
      And the client got a code, or gets one at a redirect URI without a query
      Then no parameter of the response stands twice

    @id:error-parameters-once @catches:repeats-state
    Scenario: In an error
      Errors often leave by another way than codes.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with only an unknown scope
      Then no parameter of the response stands twice

  @must @RFC6749-4.1.2 @req:authz-state-echo-exact
  Rule: The state comes back exactly as it was sent

    @id:state @catches:decodes-state-twice
    Scenario Outline: A request <alteration>
      The client compares it to tell its own users from forged responses; a changed one locks them out.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request <alteration>
      Then the client gets a code
      And the state comes back unchanged

      Examples:
        | case             | alteration                                           |
        | every-character  | with every character that is allowed in its state    |
        | looks-encoded    | with state "%2B%20%26amp%3B"                         |
        | plus             | with state "a+b c"                                   |
        | entity           | with state "&amp;=%3D+&lt;"                          |

    @id:state-beyond-ascii @catches:decodes-state-twice
    Scenario: Beyond the grammar
      Not every client keeps to printable ASCII; a server may refuse that, but had better not mangle it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with state "Zürich + Genève ☕"
      Then the state comes back unchanged, or the request is refused

  @must @RFC6749-4.1.2.1 @req:authz-state-echo-on-error
  Rule: Errors bring the state back as well

    @id:state-on-error @catches:drops-state-on-error
    Scenario Outline: The error for a request <alteration>
      Without it the client cannot tell which of its users the error is for.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request <alteration>
      Then the error comes with the state unchanged

      Examples:
        | case                  | alteration                        |
        | unknown-scope         | with only an unknown scope        |
        | unknown-response-type | with response_type "flowproof"    |
        | missing-response-type | without response_type             |
        | unknown-method        | with code_challenge_method "S512" |

    @id:state-on-missing-challenge @catches:drops-state-on-error
    Scenario: A challenge is missing
      Without it the client cannot tell which of its users the error is for.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request that has no challenge
      Then the error comes with the state unchanged

    @id:state-on-denial @catches:decodes-state-twice
    Scenario: The user says no
      The error of the user's making has to come back like any other.
      Given a confidential client
      When the user denies a request with every character that is allowed in its state
      Then the error comes with the state unchanged

  @must @RFC6749-4.1.2.1 @req:authz-denied-access-denied
  Rule: The client is told when the user says no

    @id:denied @catches:ends-denial-on-local-page
    Scenario: The user denies
      The user stays on a dead end, and the client waits for ever.
      Given a confidential client
      When the user denies a request
      Then the client, and not the user alone, is told "access_denied"
      And put right, the request succeeds

  @must @RFC9700-4.12 @req:authz-response-redirect-not-307
  Rule: No redirect hands on what the user typed

    @id:redirect-after-forms @catches:redirects-with-307
    Scenario: From the login to the client
      With 307 the browser posts the password on, in the end to the client.
      Given a confidential client
      When the user approves a request
      Then no redirect makes the browser send again what the user typed
      And the client got a code

  @must @RFC6749-3.1 @req:authz-user-authenticated-first
  Rule: Nothing is granted before the server knows who the user is

    @id:login-first @catches:issues-code-without-login
    Scenario: A browser without a login
      The code would stand for somebody whom nobody asked.
      Given a public client
      When a browser without a login opens a request
      Then nothing is granted before the user logs in
      And put right, the request succeeds

  @must @RFC9700-4.16 @req:authz-clickjacking-header
  Rule: The pages where the user decides may not be framed by other sites

    @id:framing @catches:allows-framing-by-anyone
    Scenario Outline: The <case> page
      In an invisible frame of another site the user clicks on what is not seen.
      Given a confidential client
      When <act>
      Then the <case> page may not be framed by other sites
      And put right, the request succeeds

      Examples:
        | case    | act                                                 |
        | login   | the user approves a request                         |
        | consent | a user who has never approved goes on to the question |

    @id:framing-error @catches:allows-framing-by-anyone
    Scenario: The error page
      It asks for nothing, but the user may take the attacker's site for the server.
      Given a confidential client
      When the user approves a request with redirect_uri "https://evil.example/cb"
      Then the error page had better not be framed by other sites
      And put right, the request succeeds

  @should @RFC9700-4.16 @req:authz-csp-frame-ancestors
  Rule: A content security policy says who may frame the pages

    @id:frame-ancestors @catches:omits-frame-ancestors
    Scenario Outline: The <case> page
      X-Frame-Options alone does not hold in every browser and for every nesting of frames.
      Given a confidential client
      When <act>
      Then the policy of the <case> page says who may frame it
      And put right, the request succeeds

      Examples:
        | case    | act                                                 |
        | login   | the user approves a request                         |
        | consent | a user who has never approved goes on to the question |

  @should @RFC9700-4.2.4 @req:authz-referrer-policy
  Rule: The pages do not give their address away

    @id:referrer @catches:sends-unsafe-referrer-policy
    Scenario Outline: The <case> page
      Its address holds the request with its state, and every site that it links to is told.
      Given a confidential client
      When <act>
      Then the <case> page keeps its address to itself
      And put right, the request succeeds

      Examples:
        | case    | act                                                 |
        | login   | the user approves a request                         |
        | consent | a user who has never approved goes on to the question |

  @must @RFC9700-2.6 @req:authz-no-cors
  Rule: No script may call the authorization endpoint

    @id:cors @catches:allows-cors-at-authorization
    Scenario Outline: A script of <site>, <alteration>
      The endpoint is for browsers that go there; a script that reads its answers reads what belongs to the user.
      Given a confidential client
      When a script of <site> calls the authorization endpoint <alteration>
      Then no script may read the answer
      And put right, the request succeeds

      Examples:
        | case              | site                   | alteration          |
        | strange-site      | "https://evil.example" | by GET              |
        | strange-preflight | "https://evil.example" | as a CORS preflight |
        | own-site          | the client's own site  | by GET              |
        | own-preflight     | the client's own site  | as a CORS preflight |

  @must @RFC6749-4.1.2.1 @req:authz-unauthorized-client
  Rule: A client that may not use the flow is told so

    @id:unauthorized-client @catches:serves-clients-without-the-code-grant
    Scenario: A client without the authorization code grant
      What a client was not registered for nobody has thought through for it.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user of a client without the grant approves a request
      Then the client is told "unauthorized_client", tolerating "unsupported_response_type"

  @must @RFC6749-10.5 @req:authz-code-approving-user
  Rule: The code stands for the user who approved

    @id:approving-user @own-realm @catches:attributes-code-to-latest-user
    Scenario: Another user has logged in meanwhile
      One user would work in another one's account.
      Given a confidential client with tokens of two users, each logged in in a browser of their own
      When the first user approves once more
      Then the new token stands for the first user

  @must @RFC6749-3.3 @req:scope-unknown-not-granted
  Rule: An unknown scope is refused, or left out and reported

    @id:unknown-scope @catches:grants-unknown-scopes
    Scenario Outline: A request <alteration>
      A resource that knows the scope later finds it granted by nobody.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request <alteration>
      Then the unknown scope is refused or left out of the token

      Examples:
        | case       | alteration                             |
        | alone      | with only an unknown scope             |
        | beside-own | with an unknown scope beside its own   |

  @should @RFC9700-2.3 @RFC6749-3.3 @req:scope-not-broader-than-requested
  Rule: The token is worth no more than what was asked for

    @id:narrow-scope @catches:grants-every-scope-of-the-client
    Scenario: One of two scopes
      Who steals the token gets all that the client may ever ask for.
      Given a confidential client
      When the user approves a request with one of its scopes
      And the client redeems the code
      And the client got tokens
      Then the token is worth no more than was asked for

  @must @RFC9207-2 @req:iss-in-success-response
  Rule: A server that promises it names itself beside the code

    @id:issuer-beside-code @shares-session @catches:omits-iss
    Scenario: Beside a code
      A client of two servers cannot tell which one sent the code, and gives it to the wrong one.
      Given a confidential client
      And the metadata promises to name the issuer in every authorization response
      When the user approves a request
      And the client got a code
      Then the response names its issuer

  @must @RFC9207-2 @req:iss-in-error-response
  Rule: A server that promises it names itself in errors

    @id:issuer-in-error @catches:omits-iss-on-error
    Scenario Outline: The error for a request <alteration>
      A client that insists on the issuer cannot believe the error.
      Given a confidential client whose user approved a request with an S256 challenge
      And the metadata promises to name the issuer in every authorization response
      When the user approves a request <alteration>
      Then the error names its issuer

      Examples:
        | case                  | alteration                     |
        | unknown-scope         | with only an unknown scope     |
        | unknown-response-type | with response_type "flowproof" |

    @id:issuer-in-denial @catches:omits-iss-on-error
    Scenario: The user says no
      A client that insists on the issuer cannot believe the error.
      Given a confidential client
      And the metadata promises to name the issuer in every authorization response
      When the user denies a request
      Then the error names its issuer

  @must @RFC9207-2.3 @RFC9207-2.4 @req:iss-equals-issuer
  Rule: The issuer in the response is the one in the metadata, to the letter

    @id:issuer-to-the-letter @catches:adds-trailing-slash-to-iss @catches:adds-trailing-slash-to-issuer @catches:publishes-bare-host-as-issuer
    Scenario: A response with a code
      Clients compare letter by letter, and turn down what differs by a slash.
      Given a confidential client
      And the metadata promises to name the issuer in every authorization response
      When the user approves a request
      And the client got a code
      Then the issuer in the response is the one in the metadata

  @must @RFC6749-10.12 @req:authz-consent-csrf-protected
  Rule: Another site cannot approve in the user's name

    @id:forged-consent @catches:accepts-consent-without-csrf-token
    Scenario: A consent form that another site puts together
      A page that the user happens to visit would let the attacker's client in.
      Given a confidential client
      When another site sends the consent form in the user's browser, without what it cannot know
      Then nothing is granted
      And put right, the request succeeds

  @must @RFC6749-10.14 @req:authz-error-page-no-html-injection
  Rule: What the request holds does not become part of a page

    @id:markup @catches:reflects-unescaped-input
    Scenario Outline: Markup in <case>
      A link to the server would run the attacker's script where users type their passwords.
      Given a confidential client
      When the user approves a request with markup in its <parameter>
      Then no page holds the markup
      And put right, the request succeeds

      Examples:
        | case         | parameter    |
        | client-id    | client_id    |
        | redirect-uri | redirect_uri |
