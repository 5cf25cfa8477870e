Feature: Native apps
  An app on a phone or a desktop is answered at a loopback address or at a scheme of its own (RFC 8252 section 7). What is free there is the port, and nothing else.

  @must @RFC8252-7.3 @req:native-loopback-ipv6-any-port
  Rule: A native app may listen on any port of the IPv6 loopback address

    @id:ipv6-port @catches:pins-bracketed-loopback-port
    Scenario: Another port of [::1]
      Where a machine has no IPv4, this is all that the app has.
      Given a native client whose user approved a request with an S256 challenge
      When the user approves a request with port 49777 in its redirect_uri on "[::1]"
      Then the client gets a code
      And the response arrives at the requested redirect_uri, to the letter

  @must @RFC9700-4.1.3 @req:native-localhost-any-port
  Rule: A native app may listen on any port of localhost

    @id:localhost-port @catches:pins-localhost-port
    Scenario: Another port of localhost
      Libraries that open a listener by name learn its port when it is open.
      Given a native client whose user approved a request with an S256 challenge
      When the user approves a request with port 49778 in its redirect_uri on "localhost"
      Then the client gets a code, tolerating a page of the provider's own

  @must @RFC8252-8.4 @RFC8252-7.3 @req:native-loopback-rest-exact
  Rule: Of a loopback redirect URI the port is free, and nothing else

    @id:rest @catches:accepts-any-loopback-uri
    Scenario Outline: <what>
      Other programs listen on this machine too, and some of them for anyone.
      Given a native client
      When the user approves a request with port 51004 in its redirect_uri on "127.0.0.1", <alteration>
      Then the browser is not sent away
      And the same request with port 51004 in its redirect_uri on "127.0.0.1" succeeds

      Examples:
        | case           | what                          | alteration                                                                |
        | longer-path    | A longer path                 | with its redirect_uri followed by "/more"                                 |
        | longer-name    | A longer name                 | with its redirect_uri followed by "x"                                     |
        | query          | A query                       | with its redirect_uri followed by "?x=1"                                  |
        | https          | https                         | with "http://" in its redirect_uri replaced by "https://"                 |
        | another-number | Another address of loopback   | with "127.0.0.1" in its redirect_uri replaced by "127.0.0.2"              |
        | name           | The name of loopback          | with "127.0.0.1" in its redirect_uri replaced by "localhost"              |
        | ipv6           | The other kind of its address | with "127.0.0.1" in its redirect_uri replaced by "[::1]"                  |

  @must @RFC8252-8.4 @RFC9700-4.1.3 @req:native-loopback-tricks-rejected
  Rule: What is no port does not pass for one

    @id:tricks @catches:removes-port-by-pattern
    Scenario Outline: <what>
      The server sees a loopback address and the browser goes elsewhere.
      Given a native client
      When the user approves a request with port 51004 in its redirect_uri on "127.0.0.1", with "127.0.0.1:51004" in its redirect_uri replaced by <place>
      Then the browser is not sent away
      And the same request with port 51004 in its redirect_uri on "127.0.0.1" succeeds

      Examples:
        | case    | what                 | place           |
        | letters | Letters for a port   | "127.0.0.1:abc" |

      @catches:is-fooled-by-authority-tricks
      Examples:
        | case      | what                             | place                       |
        | user-name | The address as name and password | "127.0.0.1:80@evil.example" |

      @catches:accepts-redirect-subdomains
      Examples:
        | case   | what                          | place                    |
        | domain | The address as part of a name | "127.0.0.1.evil.example" |

      @catches:ignores-redirect-port
      Examples:
        | case     | what             | place             |
        | too-high | A port too high  | "127.0.0.1:99999" |

  @must @RFC6749-4.1.3 @RFC8252-7.3 @req:native-loopback-token-redirect-uri
  Rule: A redemption names the redirect URI with the port that was used

    @id:used-port @catches:expects-registered-port-at-redemption @catches:demands-secret-of-public-clients
    Scenario: The port that was used
      The app knows its port; the server must not ask it for one that it does not have.
      Given a native client
      When the user approves a request with port 50001 in its redirect_uri on "127.0.0.1"
      And the client got a code
      And the client redeems the code
      Then the client gets tokens

    @id:other-port @catches:ignores-port-at-redemption
    Scenario Outline: <what>
      The code arrived at one program of the machine, and another one redeems it.
      Given a native client
      When the user approves a request with port 50001 in its redirect_uri on "127.0.0.1"
      And the client got a code
      And the client redeems the code <how>
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case    | what         | how                                                   |
        | another | Another port | with its port, 50001, replaced by 50002 in its redirect_uri |

      @catches:expects-registered-port-at-redemption @catches:accepts-any-registered-redirect-uri
      Examples:
        | case       | what    | how                                              |
        | registered | No port | with its port, 50001, left out of its redirect_uri |

  @must @RFC8252-7.1 @req:native-private-use-scheme
  Rule: A native app may be answered at a scheme of its own

    @id:private-use-scheme @catches:rewrites-private-use-scheme @catches:responds-to-first-redirect-uri
    Scenario: A scheme of the app's own
      The operating system finds the app by its scheme, and the app its page by the slash.
      Given a native client
      When the user approves a request with its private-use redirect_uri
      Then the response arrives at the requested redirect_uri, to the letter
      And the client got a code
