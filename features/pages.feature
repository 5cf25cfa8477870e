Feature: The pages where the user logs in and decides
  Between the request and the response stands a user who has to know what is asked, and whom nobody may lead astray (RFC 6749 section 10).

  @should @RFC6749-4.1.2.1 @req:authz-invalid-client-or-uri-user-informed
  Rule: Where nobody can be redirected the user is told

    @id:told @catches:blanks-address-errors
    Scenario Outline: A request <alteration>
      Before an empty page the user tries again and again, and the client's developer has nothing to go by.
      Given a confidential client
      When the user approves a request <alteration>
      Then the user reads on a page what is wrong
      And put right, the request succeeds

      Examples:
        | case             | alteration                                  |
        | unknown-client   | with a client_id that no one registered     |
        | missing-client   | without client_id                           |
        | strange-redirect | with redirect_uri "https://evil.example/cb" |

  @must @RFC6749-10.6 @req:authz-form-parameters-not-trusted
  Rule: What a form sends back does not change the request

    @id:form-with-more
    Scenario Outline: A <parameter> in the <page> form
      The request was validated; what comes with the form was not, and may be of the attacker's making.
      Given a confidential client
      When the user sends the <page> form with a <parameter> that the request does not have
      Then what the form brings along changes nothing
      And put right, the request succeeds

      @catches:takes-request-from-login-form @catches:refuses-valid-code
      Examples:
        | case                   | page    | parameter      |
        | login-redirect-uri     | login   | redirect_uri   |
        | login-client-id        | login   | client_id      |
        | login-response-type    | login   | response_type  |
        | login-state            | login   | state          |
        | login-code-challenge   | login   | code_challenge |

      @catches:takes-request-from-login-form
      Examples:
        | case                   | page    | parameter      |
        | login-scope            | login   | scope          |

      @catches:takes-request-from-consent-form @catches:refuses-valid-code
      Examples:
        | case                   | page    | parameter      |
        | consent-redirect-uri   | consent | redirect_uri   |
        | consent-client-id      | consent | client_id      |
        | consent-response-type  | consent | response_type  |
        | consent-state          | consent | state          |
        | consent-code-challenge | consent | code_challenge |

      @catches:takes-request-from-consent-form
      Examples:
        | case                   | page    | parameter      |
        | consent-scope          | consent | scope          |

  @must @RFC9700-2.1 @req:authz-no-open-redirector-endpoints
  Rule: No address of the server leads on to wherever it says

    @id:return-address @catches:follows-return-to
    Scenario: Another site in the address of the login page
      The user has just typed a password, and takes the next page for the server's.
      Given a confidential client
      When the user logs in by pages whose addresses name another site to return to
      Then nobody is sent to the other site
      And put right, the request succeeds

  @must @RFC6749-10.12 @req:authz-login-csrf-protected
  Rule: Only the browser that was asked can log in

    @id:login-by-another-browser @catches:lets-any-browser-log-in
    Scenario: The login form, sent by another browser
      A page that the user happens to visit would log them in as the attacker, whose account then fills with their data.
      Given a confidential client
      When another browser sends the login form that this one was shown
      Then nothing is granted
      And put right, the request succeeds

  @should @RFC6749-10.2 @req:authz-public-client-no-silent-approval
  Rule: A client that anyone can pose as is not approved in silence

    @id:asked-again @catches:approves-public-clients-silently @catches:issues-code-without-login
    Scenario: A native client, in a browser where its user has approved before
      Another app on the device uses the client's name, and gets a code without a word to the user.
      Given a native client
      When a user who has logged in before approves a request
      Then the user is asked once more

  @should @RFC6749-10.2 @req:authz-consent-shows-client-and-scope
  Rule: The question says who asks, and for what

    @id:question @catches:asks-blindly
    Scenario: The question for a client with several scopes
      Whoever cannot see what it is about says yes to anything.
      Given a confidential client
      When a user who has never approved goes on to the question
      Then the question names the client, and what it asks for

  @should @RFC9700-4.2.4 @req:authz-no-third-party-content
  Rule: The pages load nothing from other sites

    @id:third-party @catches:loads-scripts-from-elsewhere
    Scenario Outline: The <case> page
      Whoever serves the script reads the password, and every site is told of the address with its request.
      Given a confidential client
      When <act>
      Then the <case> page loads nothing from other sites
      And put right, the request succeeds

      Examples:
        | case    | act                                                   |
        | login   | the user approves a request                           |
        | consent | a user who has never approved goes on to the question |

  @should @RFC9700-4.12 @req:authz-response-redirect-303-preferred
  Rule: The redirect after the login says 303

    @id:login-303 @catches:redirects-login-with-302
    Scenario: The answer to the login form
      With 303 browsers forget the form, the password in it included; with 302 that is but a habit.
      Given a confidential client
      When the user approves a request
      Then the login form is answered with status 303
      And the client got a code
