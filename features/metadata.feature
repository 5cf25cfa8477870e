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

    @id:issuer @catches:adds-trailing-slash-to-issuer
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
