Feature: Flows out of fashion
  Tokens that come by the browser, and passwords in the hands of clients: nothing that a server should still offer (RFC 9700 sections 2.1.2 and 2.4).

  @should @RFC9700-2.1.2 @req:implicit-grant-refused
  Rule: The implicit grant is turned down

    @id:implicit @catches:issues-tokens-implicitly
    Scenario: response_type token
      A token in the address ends up in histories, logs and the hands of scripts.
      Given a public client whose user approved a request with an S256 challenge
      When the user approves a request with response_type "token"
      Then the client is told "unsupported_response_type" or "unauthorized_client"

  @should @RFC9700-2.1.2 @req:hybrid-access-token-refused
  Rule: No response type brings an access token by the browser

    @id:hybrid @catches:issues-tokens-in-hybrid-flow
    Scenario Outline: response_type <type>
      A token beside the code leaks as one in its place does.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with response_type "<type>", with a nonce where it asks for openid
      Then the request is refused, and no access token comes by the browser

      Examples:
        | case                | type                |
        | code-token          | code token          |
        | id-token-token      | id_token token      |
        | code-id-token-token | code id_token token |

  @must @RFC9700-2.4 @req:ropc-grant-refused
  Rule: The password grant is turned down

    @id:password @catches:enables-password-grant
    Scenario Outline: A client sends <whose>
      Users who type their password into clients learn to type it anywhere.
      Given a confidential client with tokens from a code that its user approved
      When the token endpoint is asked for the grant type "password" with <whose>
      Then the endpoint refuses with "unsupported_grant_type" or "unauthorized_client"

      Examples:
        | case           | whose                                       |
        | right          | the name and password of its user           |

      @intrusive
      Examples:
        | case           | whose                                       |
        | wrong          | the name of its user and a wrong password   |

    @id:password-oracle @catches:enables-password-grant
    Scenario: A right and a wrong password
      A refusal that tells right from wrong lets passwords be guessed past the login page.
      Given a confidential client with tokens from a code that its user approved
      When the token endpoint is asked for the grant type "password" with the name and password of its user
      Then a wrong password gets the same answer

  @must @RFC9700-2.4 @RFC8414-2 @req:legacy-grants-not-advertised
  Rule: The metadata does not offer what is out of fashion

    @id:advertised @catches:advertises-legacy-grants
    Scenario: Grant and response types
      Libraries configure themselves by the metadata, and take what is offered.
      Given a confidential client
      When the metadata is fetched
      Then the metadata offers neither the password grant nor tokens by the browser
