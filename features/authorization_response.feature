Feature: What the browser brings back to the client
  The response goes through the user's browser, and nobody but the client reads what it says (RFC 6749 section 4.1.2).

  @must @RFC6749-4.1.2 @req:authz-state-echo-long
  Rule: A long state comes back whole

    @id:long-state @catches:truncates-state
    Scenario Outline: A state of <length> letters
      Clients keep signed data in it, and cannot read what was cut off.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with a state of <length> letters
      Then the client gets a code
      And the state comes back unchanged

      Examples:
        | case | length |
        | 512  | 512    |
        | 1024 | 1024   |

    @id:very-long-state @catches:truncates-state
    Scenario: A state of 2000 letters
      Front doors may have had enough of the address; whatever they let through comes back whole.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with a state of 2000 letters
      Then the state comes back unchanged, tolerating that the request is refused

  @must @RFC6749-10.14 @req:authz-state-no-header-injection
  Rule: What the request holds does not become a header of the answer

    @id:line-break-in-state @catches:writes-state-raw
    Scenario Outline: A line break in the state of <case>
      With a header of their own making attackers set cookies and redirect the browser where they like.
      Given a confidential client
      When the user approves a request <alteration>
      Then no header of an answer comes from the request
      And put right, the request succeeds

      Examples:
        | case    | alteration                                                               |
        | success | with a line break and a header in its state                              |
        | error   | with a line break and a header in its state, with only an unknown scope  |

  @must @RFC6749-4.1.2.1 @req:authz-error-in-query-for-code
  Rule: Errors come in the query of the redirect URI

    @id:error-in-query @catches:sends-errors-in-fragment
    Scenario: The error for an unknown scope
      What stands behind the # never reaches the client's server, and the user waits before an empty page.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with only an unknown scope
      Then the error travels in the query

    @id:denial-in-query @catches:sends-errors-in-fragment
    Scenario: The user says no
      What stands behind the # never reaches the client's server, and the user waits before an empty page.
      Given a confidential client
      When the user denies a request
      Then the error travels in the query

  @must @RFC6749-4.1.2.1 @req:authz-error-code-registered
  Rule: The error is one of the registered codes

    @id:error-codes @catches:answers-with-reason-phrase
    Scenario: The errors for several faults
      Clients decide by the code what to do next; a sentence in its place tells them nothing.
      Given a confidential client
      When the user approves requests with a fault each
      Then every error is one that is registered
      And put right, the request succeeds

  @must @RFC6749-4.1.2.1 @req:authz-error-charset
  Rule: Errors are of printable ASCII

    @id:error-characters @catches:echoes-scope-in-error-description
    Scenario: The errors for values with quotes and umlauts
      A description that repeats the value carries the attacker's words into the client's log and pages.
      Given a confidential client
      When the user approves requests with quotes and umlauts in each parameter in turn
      Then every error and its description are of printable ASCII without quotes
      And put right, the request succeeds

  @must @RFC9700-4.11.2 @req:authz-no-unauthenticated-error-redirect
  Rule: Nobody is redirected before the server knows who it is

    @id:error-before-login @catches:bounces-errors-without-login
    Scenario: A request with an unknown scope, and nobody logged in
      Whoever registers a client can send links of the server's good name that lead straight to a site of their own.
      Given a confidential client
      When a browser without a login opens a request with only an unknown scope
      Then nobody is sent to the client before the user logs in
      And put right, the request succeeds

  @must @RFC9207-2.3 @req:iss-support-advertised
  Rule: A server that names itself in responses says so in its metadata

    @id:issuer-announced @catches:hides-iss-support
    Scenario: A response with a code
      A client insists on the issuer only where the metadata promises it; without the promise the parameter protects no one.
      Given a confidential client
      When the user approves a request
      And the client got a code
      Then a response that names its issuer is announced by the metadata

  @should @RFC9700-2.1 @req:iss-supported-at-all
  Rule: Responses say whose they are

    @id:issuer @catches:offers-no-issuer @catches:omits-iss
    Scenario: A response with a code
      A client of two servers cannot tell which one sent the code, and gives it to the wrong one.
      Given a confidential client
      When the user approves a request
      And the client got a code
      Then the response says whose it is, in one way or another
