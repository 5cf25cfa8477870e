Feature: Metadata
  The server tells clients where its endpoints are and what it can do (RFC 8414).

  @must @RFC8414-3 @req:metadata-well-known-available
  Rule: The metadata is where clients look for it

    @id:well-known @catches:hides-oauth-metadata
    Scenario: The document for OAuth clients
      A client that knows the issuer alone finds nothing, and somebody types endpoints by hand.
      When the metadata is looked for in every place where it may be
      Then the metadata for OAuth is among it

  @must @RFC8414-3.1 @req:metadata-well-known-path-insertion
  Rule: Where the issuer has a path, the well-known part stands before it

    @id:path-insertion @catches:appends-well-known-only @catches:hides-oauth-metadata @needs:issuer-with-path
    Scenario: The document of an issuer with a path
      Servers of many tenants get this wrong most often, and clients then find no tenant at all.
      When the metadata is looked for in every place where it may be
      Then it stands where the issuer's path comes last

  @must @RFC8414-3.2 @req:metadata-200-json
  Rule: The metadata is a JSON object and says so

    @id:json @catches:labels-metadata-as-text
    Scenario: The type of the document
      A client that goes by the type reads nothing.
      When the metadata is fetched
      Then the answer has status 200
      And the answer is a JSON object

  @must @RFC8414-3.3 @req:metadata-issuer-exact-match
  Rule: The metadata names exactly the issuer that it was asked for

    @id:issuer @catches:adds-trailing-slash-to-issuer @catches:publishes-bare-host-as-issuer
    Scenario: The issuer, letter by letter
      A client that is served the metadata of another issuer sends its codes there.
      When the metadata is looked for in every place where it may be
      Then each document names the issuer that it was asked for

  @must @RFC8414-3.3 @req:metadata-unknown-issuer-path-not-served
  Rule: Nobody's issuer has no metadata

    @id:unknown-issuer @catches:serves-any-issuer-path
    Scenario: An issuer below this one that does not exist
      A server that looks at the beginning of the path alone lends its name to tenants that nobody made.
      When the metadata of an issuer that does not exist is fetched
      Then no other issuer's metadata is served

  @must @RFC9700-4.13 @req:metadata-issuer-independent-of-host-header
  Rule: Who asks cannot choose what the metadata says

    @id:host @catches:trusts-forwarded-host
    Scenario Outline: A request that names another host in <header>
      Through a cache, one forged request would send every client of the server elsewhere.
      When the metadata is fetched
      And the endpoint said yes
      And the metadata is fetched with the header <header> "<value>"
      Then "evil.example" appears nowhere in the answer

      Examples:
        | case             | header           | value                         |
        | host             | Host             | evil.example                  |
        | x-forwarded-host | X-Forwarded-Host | evil.example                  |
        | forwarded        | Forwarded        | host=evil.example;proto=https |

  @must @RFC8414-2 @req:metadata-required-endpoints
  Rule: The metadata names the endpoints that clients need

    @id:endpoints @catches:omits-token-endpoint
    Scenario: Authorization and token endpoint
      Without them the document is of no use.
      When the metadata is fetched
      Then the metadata names the endpoints that its grants use

  @must @RFC8414-2 @req:metadata-response-types-supported
  Rule: The metadata lists the response types

    @id:response-types @catches:omits-response-types
    Scenario: The response type for codes
      A strict client refuses a document without this list.
      When the metadata is fetched
      Then the metadata lists the response types

  @must @RFC8414-3.2 @req:metadata-arrays-and-no-empty
  Rule: Lists are arrays, and an empty one is left out

    @id:arrays @catches:sends-scopes-as-string
    Scenario: Every list of the document
      A client that walks through a string finds letters where it wanted scopes.
      When the metadata is fetched
      Then every list in the metadata is an array with an element

  @must @RFC8414-2 @req:metadata-jwks-uri
  Rule: The key set is where the metadata says, and tells which key is for what

    @id:key-set @catches:mixes-keys-without-use
    Scenario: The key set
      A client that takes the key for encryption believes no signature.
      When the key set is fetched
      Then the answer is a set of keys

  @must @RFC7517-9.2 @req:jwks-no-private-material
  Rule: The key set holds no private key

    @id:private-key @catches:publishes-private-key
    Scenario: The members of each key
      Whoever reads the private key signs tokens as the server.
      When the key set is fetched
      Then no key in it is private

  @must @RFC9700-2.1.1 @req:pkce-support-detectable
  Rule: Clients can find out that the server supports PKCE

    @id:challenge-methods @catches:omits-challenge-methods
    Scenario: The challenge methods
      A client that cannot tell leaves PKCE out, or is refused for it.
      When the metadata is fetched
      Then the metadata lists the challenge method "S256"

  @should @RFC9700-2.6 @req:metadata-published
  Rule: There is metadata

    @id:published @catches:publishes-no-metadata
    Scenario: The issuer and nothing else
      What a client is not told somebody types in by hand, and nobody changes when the server does.
      When someone who knows the issuer alone looks for metadata
      Then some metadata is there

  @must @RFC8414-2 @req:metadata-issuer-url-form
  Rule: The issuer is an https address and nothing more

    @id:issuer-form @catches:publishes-bare-host-as-issuer
    Scenario: The form of the issuer
      A name that is no address cannot be compared with the one that the document came from.
      When the metadata is fetched
      Then the issuer is an https address without query and fragment

  @must @RFC8414-2 @req:metadata-grant-types-truthful
  Rule: The grant types that are listed are those that there are

    @id:grant-types @catches:lists-disabled-grant @catches:advertises-legacy-grants @catches:crashes-on-missing-code @catches:crashes-on-missing-refresh-token
    Scenario: Each grant type of the list is asked for
      A client that goes by the list builds on a grant that is not there.
      Given a confidential client
      When the metadata is fetched
      Then the token endpoint knows every grant type that is listed

    @id:no-other-grant-type @catches:omits-device-grant-from-metadata @catches:enables-password-grant
    Scenario: Grant types that are not in the list
      What is open and not listed is open without anybody minding it.
      Given a confidential client
      When the metadata is fetched
      Then the token endpoint knows no grant type beside them

  @must @RFC8414-2 @req:metadata-response-types-truthful
  Rule: The response types that are listed are those that there are

    @id:response-types-work @catches:lists-refused-response-type
    Scenario: Each response type of the list is asked for
      Users are sent away and come back with an error that nobody could foresee.
      Given a confidential client whose user approved a request with an S256 challenge
      When the metadata is fetched
      Then the authorization endpoint knows every response type that is listed

    @id:no-other-response-type @catches:issues-tokens-implicitly @catches:issues-tokens-in-hybrid-flow
    Scenario: Response types that are not in the list
      A server that says code and gives tokens by the browser has a flow that nobody reviews.
      Given a confidential client whose user approved a request with an S256 challenge
      When the metadata is fetched
      Then the authorization endpoint serves no response type beside them

  @must @RFC8414-2 @req:metadata-auth-methods-truthful
  Rule: The ways of client authentication that are listed are those that there are

    @id:auth-methods @catches:omits-post-from-auth-methods @catches:refuses-post @catches:refuses-basic
    Scenario: Each way with a client that is registered for it
      A library picks the first way that it knows from the list, and is locked out.
      Given a service client
      When the metadata is fetched
      Then the ways of client authentication that are listed are those that work

  @must @RFC8414-2 @req:metadata-code-challenge-methods-truthful
  Rule: The challenge methods that are listed are those that work

    @id:challenge-method @catches:omits-challenge-methods @catches:demands-secret-of-public-clients
    Scenario: The method S256
      A client that finds no list leaves PKCE out.
      Given a public client whose user approved a request with an S256 challenge
      When the metadata is fetched
      Then the challenge method "S256" works if it is listed, and only then

    @id:challenge-method-plain @catches:allows-plain @catches:lists-refused-challenge-method
    Scenario: The method plain
      A method that is accepted in silence lets an attacker weaken the request unseen.
      Given a public client whose user approved a request with an S256 challenge
      When the metadata is fetched
      Then the challenge method "plain" works if it is listed, and only then

  @must @RFC8414-2 @req:metadata-signing-alg-values
  Rule: Client authentication by JWT comes with its algorithms

    @id:signing-algorithms @catches:lists-jwt-auth-without-algorithms
    Scenario: The algorithms beside the methods
      A client that has to guess the algorithm is refused, or believes that none will do.
      When the metadata is fetched
      Then each client authentication by JWT comes with its algorithms

  @should @RFC8414-2 @req:metadata-scopes-supported
  Rule: The metadata lists scopes, and none that nobody gets

    @id:scopes @catches:lists-refused-scope
    Scenario: Each scope of the list is asked for
      A client that asks for all that is listed gets nothing for the one that is refused.
      Given a confidential client
      When the metadata is fetched
      Then the metadata lists scopes, and each of them is granted

  @should @must:oauth-2.1 @draft-ietf-oauth-v2-1-1.5 @RFC7009-2 @req:metadata-endpoints-https
  Rule: Every address in the metadata is an https one

    @id:https @catches:publishes-plain-http
    Scenario: Endpoints and other addresses
      Behind a proxy that ends TLS a server takes itself for an http one, and sends every secret in the clear.
      When the metadata is looked for in every place where it may be
      Then each address in the metadata is an https one

  @may @RFC9700-2.6 @req:metadata-cors-allowed
  Rule: Other sites may read the metadata and the keys, but not in the user's name

    @id:cors @catches:shares-metadata-with-credentials
    Scenario Outline: A script of another site fetches <what>
      The same filter often stands before the rest of the server, where cookies count.
      When <what> is fetched with the header Origin "https://stranger.example"
      And the endpoint said yes
      Then no site of others may read the answer with what its user sends along

      Examples:
        | case     | what         |
        | metadata | the metadata |
        | keys     | the key set  |
