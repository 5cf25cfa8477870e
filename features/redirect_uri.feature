Feature: Redirect URIs
  The code goes where the redirect URI says, so it must be one that the client registered, compared character by character (RFC 9700 section 4.1.3).

  @must @RFC9700-4.1.3 @req:redirect-uri-path-suffix-rejected
  Rule: A path that goes on where the registered one ends is not the registered one

    @id:path @catches:matches-redirect-uri-by-prefix
    Scenario Outline: The registered URI followed by <more>
      Somewhere below the client's address there is a page of somebody else's, or one that redirects on.
      Given a confidential client
      When the user approves a request with its https redirect_uri followed by <more>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case         | more       |
        | segment      | "/extra"   |
        | longer-name  | "x"        |

  @must @RFC9700-4.1.3 @req:redirect-uri-trailing-slash-rejected
  Rule: A trailing slash makes another redirect URI

    @id:trailing-slash @catches:ignores-trailing-slash
    Scenario: With a slash at its end
      Where comparison is not exact, the next thing that is forgiven is worse.
      Given a confidential client
      When the user approves a request with its https redirect_uri followed by "/"
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC9700-2.1 @RFC9700-4.1.3 @req:redirect-uri-port-variant-rejected
  Rule: Another port makes another redirect URI, and so does the default one spelled out

    @id:port @catches:ignores-redirect-port
    Scenario Outline: The registered URI with <host> for its host
      On another port another program may answer.
      Given a confidential client
      When the user approves a request with "HOST" in its https redirect_uri replaced by <host>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case    | host        |
        | another | "HOST:8443" |
        | default | "HOST:443"  |

  @must @RFC9700-4.1.3 @req:redirect-uri-query-variant-rejected
  Rule: Another query makes another redirect URI

    @id:query @catches:ignores-redirect-query
    Scenario Outline: A request <alteration>
      The client's own page may redirect on to where the query says, with the code.
      Given a client with a query in its redirect URI
      When the user approves a request <alteration>
      Then the browser is not sent away
      And put right, the request succeeds

      Examples:
        | case    | alteration                                                     |
        | added   | with its redirect_uri followed by "&next=https://evil.example" |
        | dropped | with its redirect_uri cut before its query                     |
        | changed | with another query in its redirect_uri                         |

    @id:query-where-none-is @catches:ignores-redirect-query
    Scenario: A query where none is registered
      The client's own page may redirect on to where the query says, with the code.
      Given a confidential client
      When the user approves a request with its https redirect_uri followed by "?next=https://evil.example"
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC9700-4.1.3 @req:redirect-uri-subdomain-rejected
  Rule: Neither sub- nor look-alike domains are the registered host

    @id:host @catches:accepts-redirect-subdomains
    Scenario Outline: The registered URI with <host> for its host
      Such a name is for anyone to register, or belongs to another team.
      Given a confidential client
      When the user approves a request with "HOST" in its https redirect_uri replaced by <host>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case       | host                |
        | subdomain  | "a.HOST"            |
        | prefix     | "evilHOST"          |
        | suffix     | "HOST.evil.example" |

  @must @RFC6749-3.1.2.3 @req:redirect-uri-of-other-client-rejected
  Rule: A redirect URI that another client registered is not this one's

    @id:of-other-client @catches:shares-redirect-uris-between-clients
    Scenario: The redirect URI of another client
      One client's code would end up with another one's owner.
      Given a confidential client
      When the user approves a request with the redirect_uri of another confidential client
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC9700-4.1.3 @req:redirect-uri-case-variant-rejected
  Rule: Letters in another case make another redirect URI

    @id:case @catches:ignores-redirect-case
    Scenario Outline: The registered URI with <part> in the other case
      Paths that differ in case are different pages on most servers.
      Given a confidential client
      When the user approves a request with <part> in its https redirect_uri in the other case
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case   | part       |
        | scheme | "https"    |
        | host   | "HOST"     |
        | path   | "PATH"     |

  @must @RFC9700-4.1.3 @req:redirect-uri-scheme-variant-rejected
  Rule: Another scheme makes another redirect URI

    @id:scheme @catches:ignores-redirect-scheme
    Scenario: http in place of https
      The code would cross the network for everyone to read.
      Given a confidential client
      When the user approves a request with "https" in its https redirect_uri replaced by "http"
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC6749-3.1.2 @req:redirect-uri-fragment-rejected
  Rule: A redirect URI has no fragment

    @id:fragment @catches:ignores-redirect-fragment
    Scenario: With a fragment
      What is appended behind the # never reaches the client's server.
      Given a confidential client
      When the user approves a request with its https redirect_uri followed by "#part"
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC6749-4.1.1 @req:redirect-uri-chosen-one-used
  Rule: Of several registered redirect URIs the response goes to the one that the request names

    @id:chosen-one @catches:responds-to-first-redirect-uri
    Scenario: A code
      Each of them stands for another part of the client, and only one of them waits.
      Given a confidential client whose user approved a request with an S256 challenge
      When the user approves a request with its other redirect_uri
      Then the client gets a code
      And the response arrives at the requested redirect_uri, to the letter

    @id:chosen-one-on-denial @catches:responds-to-first-redirect-uri
    Scenario: An error
      Errors often leave by another way than codes.
      Given a confidential client
      When the user denies a request with its other redirect_uri
      Then the response arrives at the requested redirect_uri, to the letter

  @must @RFC6749-3.1.2.3 @req:redirect-uri-omitted-multiple-registered
  Rule: A client with several redirect URIs has to name one

    @id:omitted @catches:defaults-to-first-of-many-redirect-uris @needs:multi-redirect-client
    Scenario: Without redirect_uri
      A guess sends the code to a part of the client that did not ask for it.
      Given a confidential client
      When the user approves a request without redirect_uri
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC9700-4.1.3 @req:redirect-uri-authority-trick-rejected
  Rule: A registered host that is not where the browser goes does not count

    @id:authority @catches:is-fooled-by-authority-tricks
    Scenario Outline: The registered URI with <host> for its host
      The server sees the client's name in the address, the browser goes to the attacker's.
      Given a confidential client
      When the user approves a request with "HOST" in its https redirect_uri replaced by <host>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case               | host                       |
        | user-name          | "HOST@evil.example"        |
        | user-and-password  | "HOST:80@evil.example"     |
        | two-ats            | "a@HOST@evil.example"      |
        | encoded-slash      | "HOST%2f@evil.example"     |
        | backslash          | "evil.example\\@HOST"       |
        | backslash-dot      | "HOST\\.evil.example"       |

  @must @RFC6749-3.1.2 @req:redirect-uri-query-retained
  Rule: The query of a redirect URI is kept when the response is added to it

    @id:own-query-beside-code @catches:drops-redirect-query @catches:appends-second-question-mark
    Scenario: Beside a code
      The client finds its tenant by it.
      Given a client with a query in its redirect URI
      When the user approves a request
      And the client got a code, or gets one at a redirect URI without a query
      Then the redirect_uri keeps its own query

    @id:own-query-beside-error @catches:drops-redirect-query @catches:appends-second-question-mark
    Scenario: Beside an error
      Errors often leave by another way than codes.
      Given a client with a query in its redirect URI
      When the user denies a request
      Then the redirect_uri keeps its own query

  @must @RFC9700-4.1.3 @req:redirect-uri-shorter-path-rejected
  Rule: A path that ends before the registered one does is not the registered one

    @id:shorter @catches:accepts-parent-paths
    Scenario Outline: <what> of the registered URI
      What answers at the top of the client's site may hand the code on, or show it to whoever has a page there.
      Given a confidential client
      When the user approves a request with "PATH" in its https redirect_uri replaced by <path>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case   | what       | path |
        | root   | The root   | "/"  |
        | origin | The origin | ""   |

  @must @RFC9700-4.1.3 @req:redirect-uri-normalised-variant-rejected
  Rule: A string that only becomes the registered one by decoding or resolving it is another redirect URI

    @id:normalised
    Scenario Outline: A request <alteration>
      The server takes it for one place, and the browser or the client's own server for another.
      Given a confidential client
      When the user approves a request <alteration>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      @catches:normalises-redirect-uri
      Examples:
        | case           | alteration                                                       |
        | encoded-letter | with a letter of its https redirect_uri percent-encoded          |
        | dot-segments   | with "PATH" in its https redirect_uri replaced by "/x/..PATH"     |

      @catches:matches-redirect-uri-by-prefix
      Examples:
        | case             | alteration                                                  |
        | encoded-slash    | with its https redirect_uri followed by "%2F"               |
        | another-path     | with its https redirect_uri followed by "/../other"         |
        | another-encoded  | with its https redirect_uri followed by "/..%2fother"       |

  @must @RFC9700-4.1.3 @req:redirect-uri-userinfo-on-registered-host-rejected
  Rule: A user name before the registered host makes another redirect URI

    @id:user-info @catches:ignores-redirect-userinfo
    Scenario Outline: The registered URI with <host> for its host
      Who can write something before the host is one step from writing the host.
      Given a confidential client
      When the user approves a request with "HOST" in its https redirect_uri replaced by <host>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case              | host           |
        | user              | "user@HOST"    |
        | user-and-password | "user:pw@HOST" |

  @must @RFC9700-4.1.3 @req:redirect-uri-path-parameter-rejected
  Rule: A path parameter makes another redirect URI

    @id:path-parameter
    Scenario Outline: A request <alteration>
      What stands behind a semicolon is invisible to one server and part of the path to the next.
      Given a confidential client
      When the user approves a request <alteration>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      @catches:cuts-redirect-uri-at-semicolon @catches:drops-path-parameters
      Examples:
        | case  | alteration                                     |
        | alone | with its https redirect_uri followed by ";x=1" |

      @catches:cuts-redirect-uri-at-semicolon
      Examples:
        | case       | alteration                                        |
        | hides-path | with its https redirect_uri followed by ";/..;/x" |

      @catches:drops-path-parameters
      Examples:
        | case         | alteration                                                   |
        | hidden-climb | with "PATH" in its https redirect_uri replaced by "/..;PATH" |

  @must @RFC9700-4.1.3 @req:redirect-uri-dot-is-literal
  Rule: A dot in the registered redirect URI is a dot

    @id:dot @catches:takes-redirect-uri-as-pattern
    Scenario: With a letter in place of a dot
      The name that fits the pattern is for sale.
      Given a confidential client
      When the user approves a request with a letter in place of a dot in its https redirect_uri
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

  @must @RFC9700-4.1.3 @req:redirect-uri-injected-response-parameter-rejected
  Rule: A redirect URI does not bring parameters of the response with it

    @id:injected
    Scenario Outline: <more>, to be answered <how>
      The client reads the attacker's code where it looks for its own.
      Given a confidential client
      When the user approves a request with its https redirect_uri followed by <more><mode>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      @catches:forgives-response-parameters @catches:ignores-redirect-query
      Examples:
        | case              | more            | how             | mode                                |
        | code              | "?code=planted" | as usual        |                                     |
        | code-by-query     | "?code=planted" | in the query    | , with response_mode "query"        |
        | code-by-fragment  | "?code=planted" | in the fragment | , with response_mode "fragment"     |
        | state             | "?state=planted" | as usual        |                                    |
        | state-by-query    | "?state=planted" | in the query    | , with response_mode "query"       |
        | state-by-fragment | "?state=planted" | in the fragment | , with response_mode "fragment"    |

      @catches:ignores-redirect-fragment
      Examples:
        | case                   | more            | how             | mode                            |
        | in-its-fragment        | "#code=planted" | as usual        |                                 |
        | beside-a-query         | "#code=planted" | in the query    | , with response_mode "query"    |
        | in-a-fragment-as-well  | "#code=planted" | in the fragment | , with response_mode "fragment" |

  @must @RFC6749-3.1.2 @req:redirect-uri-relative-rejected
  Rule: A redirect URI is absolute

    @id:relative @catches:accepts-relative-redirect-uris
    Scenario Outline: <uri>
      Relative to what, the server and the browser may see differently.
      Given a confidential client
      When the user approves a request with redirect_uri <uri>
      Then the browser is not sent away
      And the same request with its https redirect_uri succeeds

      Examples:
        | case         | uri                 |
        | path         | "/cb"               |
        | other-host   | "//evil.example/cb" |
        | bare-segment | "cb"                |

  @may @RFC6749-4.1.1 @req:redirect-uri-omitted-single-registered
  Rule: Where one redirect URI is registered the response goes there, named or not

    @id:omitted-single @catches:falls-back-to-referer
    Scenario: Without redirect_uri, from a page elsewhere
      Where the browser comes from is not where the client waits.
      Given a client with one redirect URI
      When the user approves a request without redirect_uri, with the header referer "https://elsewhere.example/start"
      Then the response arrives at the only registered redirect_uri, tolerating a page of the provider's own
      And the same request with its https redirect_uri succeeds

  @must @RFC8252-7.3 @req:native-loopback-ipv4-any-port
  Rule: A native app may listen on any port of the loopback address

    @id:loopback-port @catches:pins-loopback-port
    Scenario Outline: Port <case>
      The operating system gives the app a port only when the request is made.
      Given a native client whose user approved a request with an S256 challenge
      When the user approves a request with port <case> in its redirect_uri on "127.0.0.1"
      Then the client gets a code
      And the response arrives at the requested redirect_uri, to the letter

      Examples:
        | case  |
        | 51004 |
        | 8765  |
