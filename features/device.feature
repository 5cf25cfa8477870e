Feature: Device grant
  A device without a browser shows a code; its user types it elsewhere and decides, while the device asks again and again (RFC 8628).

  @must @RFC8628-3.2 @req:device-authz-success-members
  Rule: A device gets its two codes, the address and the time that it has

    @id:answer @catches:omits-device-expires-in
    Scenario: The device authorization answer
      A device that does not know how long its code lives shows a dead one.
      Given a device client
      When the client asks for a device code
      Then the device authorization answer is complete

  @must @RFC6749-5.1 @RFC8628-3.2 @req:device-authz-cache-no-store
  Rule: No one keeps the answer with the codes

    @id:no-store @catches:omits-no-store-at-device-authorization
    Scenario: Caching of the device authorization answer
      A cache on the way would hand one device's codes to another.
      Given a device client
      When the client asks for a device code
      And the endpoint said yes
      Then the answer forbids caching

  @must @RFC8628-3.1 @req:device-authz-post-only
  Rule: A device asks by POST, in the body

    @id:post-only @catches:serves-get-at-device-authorization
    Scenario Outline: A request <how>
      What stands in an address stands in logs.
      Given a device client
      When the client asks for a device code <how>
      Then the endpoint refuses in whatever words
      And put right, the request succeeds

      Examples:
        | case | how    |
        | get  | by GET |

      @catches:issues-device-codes-to-nobody
      Examples:
        | case  | how                               |
        | query | with every parameter in the query |

  @must @RFC8628-3.1 @req:device-authz-missing-client-id
  Rule: A device says which client it is

    @id:nameless @catches:issues-device-codes-to-nobody
    Scenario: A request without client_id
      The user could not be told whom to let in.
      Given a device client
      When the client asks for a device code without client_id
      Then the endpoint refuses with "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @must @RFC8628-3.1 @req:device-authz-unknown-param-ignored
  Rule: Parameters that the server does not know have no effect on a device authorization request

    @id:unknown-parameters @catches:refuses-unknown-device-parameters
    Scenario: Two parameters that no one knows
      A device that is never updated sends what other servers ask for.
      Given a device client
      When the client asks for a device code with parameters that no one knows
      Then the client gets a device code

  @must @RFC8628-3.1 @req:device-authz-empty-param-as-omitted
  Rule: A parameter without a value counts as left out of a device authorization request

    @id:empty-scope @catches:refuses-empty-scope-of-devices
    Scenario: A scope without a value
      Many clients send every field of their form, filled in or not.
      Given a device client
      When the client asks for a device code without scope
      And the endpoint said yes
      And the client asks for a device code with an empty scope
      Then the client gets a device code

    @id:empty-client-id @catches:issues-device-codes-to-nobody
    Scenario: A client_id without a value
      An empty name is no name, and nobody gets codes in it.
      Given a device client
      When the client asks for a device code with an empty client_id
      Then the endpoint refuses with "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @must @RFC8628-3.1 @req:device-authz-duplicate-param-rejected
  Rule: A repeated parameter makes a device authorization request invalid

    @id:repeated @catches:takes-last-of-repeated-device-parameters
    Scenario Outline: <Parameter> stands twice
      Two parties that read the same request, one the first and one the last value, let in different clients.
      Given a device client
      When the client asks for a device code with <parameter> twice
      Then the endpoint refuses with "invalid_request"
      And put right, the request succeeds

      Examples:
        | case      | Parameter | parameter |
        | client-id | client_id | client_id |
        | scope     | scope     | scope     |

  @must @RFC8628-3.2 @req:device-authz-unknown-client
  Rule: A client that nobody registered gets no codes

    @id:unknown-client @catches:issues-device-codes-to-unknown-clients
    Scenario: A request with a client_id that nobody registered
      Anyone could have users approve in a name that is invented.
      Given a device client
      When the client asks for a device code as a client that no one registered
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

  @must @RFC8628-3.1 @req:device-authz-client-auth-required
  Rule: A confidential client proves who it is before it gets codes

    @id:client-auth @catches:skips-client-auth-at-device-authorization
    Scenario Outline: A confidential client <how>
      Whoever knows its name could have users approve in it.
      Given a confidential device client
      When the client asks for a device code <how>
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case         | how                        |
        | id-alone     | with its client_id alone   |
        | wrong-secret | with a wrong client secret |

    @id:basic-alone @catches:demands-client-id-of-authenticated-devices
    Scenario: A confidential client by its Basic header, and no client_id in the body
      The header says who it is; the body has to say it only for clients that do not authenticate.
      Given a confidential device client
      And the token endpoint lets the client in by its Basic header
      And the client is given a device code where it names itself in the body as well
      When the client asks for a device code by its Basic header alone
      Then the client gets a device code

  @must @RFC6749-5.2 @req:device-authz-unauthorized-client
  Rule: Only a client that is registered for the device grant gets codes

    @id:not-registered @catches:opens-device-grant-to-every-client @needs:client-without-device-grant
    Scenario: A client of another grant
      The device grant is easy to phish with; not every client is meant to have it.
      Given a client without the grant
      When the client asks for a device code
      Then the endpoint refuses with "unauthorized_client", tolerating "invalid_client" or "unsupported_grant_type"
      And a device client is given a device code

  @must @RFC8628-3.3 @req:device-verification-uri-usable
  Rule: At the address that the device shows the user can type the code and decide

    @id:verification-page @catches:loses-verification-page
    Scenario: The address as the device shows it
      The user types what the screen shows, and nothing else.
      Given a device client with a device code
      Then the user can type the code and approve

  @must @RFC8628-3.3 @req:device-verification-needs-login
  Rule: Only a user who is logged in approves

    @id:stranger @catches:approves-device-without-login
    Scenario: A stranger types the code
      The code stands on a screen for everyone to read.
      Given a device client with a device code
      When a stranger who cannot log in types the code and tries to approve
      And the client polls
      Then the stranger was asked to log in
      And the endpoint refuses with "authorization_pending" or "slow_down"
      And put right, the request succeeds

  @should @RFC8628-3.3.1 @req:device-verification-uri-complete-no-auto-approve
  Rule: To open the complete address is not to approve

    @id:open-complete @catches:approves-device-on-opening
    Scenario: A user who is logged in opens the complete address
      A link in a mail would be enough to hand one's account to a stranger's device.
      Given a device client with a device code
      When a user who is logged in opens the complete address and does nothing
      And the client polls
      Then the endpoint refuses with "authorization_pending" or "slow_down"
      And put right, the request succeeds

  @should @RFC8628-3.3.1 @req:device-verification-uri-complete-shows-code
  Rule: Who comes by the complete address sees the code before deciding

    @id:shows-code @catches:hides-user-code
    Scenario: From the complete address to the decision
      Only by comparing the codes does the user know whose device it is.
      Given a device client with a device code
      When the user goes from the complete address to the question
      Then the user code is shown before the decision

  @must @RFC9700-4.16 @req:device-verification-framing-protection
  Rule: No page for the code or the decision can be framed

    @id:framing @catches:omits-framing-protection-on-device-pages
    Scenario: The pages from the code to the decision
      In an invisible frame the user presses a button without knowing.
      Given a device client with a device code
      When the user types the code and goes on to the question
      Then no page for the code or the decision can be framed

  @should @RFC8628-6.1 @req:device-user-code-input-tolerant
  Rule: The user may type the code without minding case and separators

    @id:typed @catches:compares-user-code-literally
    Scenario Outline: The code typed <how>
      People type on telephones.
      Given a device client with a device code
      And typed as it is shown, a code of its own is accepted
      When the user types the code <how> and approves
      Then the code was accepted

      Examples:
        | case       | how                    |
        | lower-case | in lower case          |
        | no-dash    | without its separators |
        | spaces     | with spaces            |

  @must @RFC8628-3.5 @req:device-poll-pending
  Rule: As long as the user has not decided, the device is told to go on asking

    @id:pending @catches:answers-pending-with-invalid-grant @own-realm @waits:6s
    Scenario: A poll after one interval
      A device that hears anything else gives up.
      Given a device client with a device code
      When the client waits its interval and 1 s
      And the client polls
      Then the endpoint refuses with "authorization_pending"
      And put right, the request succeeds

  @should @RFC8628-3.5 @req:device-poll-slow-down
  Rule: A device that asks too often is told to slow down

    @id:slow-down @catches:ignores-poll-interval
    Scenario: Three polls in a row
      A broken device, or one that guesses, must not be able to flood the server.
      Given a device client with a device code
      When the client polls 3 times in a row
      Then one of the polls is told to slow down

  @must @RFC8628-3.5 @req:device-slow-down-adds-five-seconds
  Rule: A device that waits five seconds longer when told so is not told again

    @id:obedient @catches:overstretches-interval @own-realm @waits:22s
    Scenario: After slow_down the device waits as long as it has to
      A device that does as it is told must reach its end.
      Given a device client with a device code
      When the client polls until it is told to slow down
      And the client waits its interval and 6 s
      And the client polls
      Then the endpoint refuses with "authorization_pending"
      When the user approves the device code
      And the client waits its interval and 6 s
      And the client polls
      Then the client got tokens

  @should @RFC8628-3.2 @req:device-first-poll-not-throttled
  Rule: The first poll does not come too early

    @id:first-poll @catches:throttles-first-poll
    Scenario: A poll at once
      The interval lies between two polls; before the first there is none.
      Given a device client with a device code
      When the client polls
      Then the endpoint refuses with "authorization_pending"
      And put right, the request succeeds

  @must @RFC8628-3.5 @req:device-approved-token
  Rule: Once the user has approved, the device gets its token

    @id:approved @catches:never-hands-over-approved-token @own-realm @waits:6s
    Scenario Outline: The user approves <where>
      The user has said yes, and the device still shows its code.
      Given a device client with a device code
      When <act>
      And the client waits its interval and 1 s
      And the client polls
      Then the client gets tokens

      Examples:
        | case     | where                   | act                                                       |
        | typed    | after typing the code   | the user approves the device code                         |
        | complete | at the complete address | the user approves the device code at the complete address |

  @must @RFC8628-3.5 @req:device-denied
  Rule: Once the user has denied, the device is told

    @id:denied @catches:keeps-denied-device-pending
    Scenario: The poll after the denial
      A device that is not told goes on asking, and its user wonders.
      Given a device client with a device code that its user denied
      When the client polls
      Then the endpoint refuses with "access_denied"

    @id:denied-later @catches:keeps-denied-device-pending @own-realm @waits:6s
    Scenario: One more poll after that
      No is no, however often one asks.
      Given a device client with a device code that its user denied
      When the client polls
      And the client waits its interval and 1 s
      And the client polls
      Then the endpoint refuses with "access_denied" or "expired_token" or "invalid_grant"

  @must @RFC8628-3.5 @req:device-expired-token
  Rule: A device code ends

    @id:expired @catches:never-expires-device-codes @own-realm
    Scenario: A poll after the lifetime
      A code that never ends can be approved years later, by mistake.
      Given a device client with a device code
      When the lifetime of the device code passes
      And the client polls
      Then the endpoint refuses with "expired_token", tolerating "invalid_grant"
      And put right, the request succeeds

  @must @RFC6749-5.2 @RFC8628-3.5 @req:device-code-single-use
  Rule: A device code is worth one token

    @id:second-use @catches:accepts-reused-device-code @own-realm @waits:6s
    Scenario: A poll after the token was fetched
      Whoever reads an old code in a log would have a token of its own.
      Given a device client with a device code that its user approved
      When the client polls
      And the client got tokens
      And the client waits its interval and 1 s
      And the client polls
      Then the endpoint refuses with "invalid_grant" or "expired_token"

    @id:second-use-parallel @catches:accepts-reused-device-code
    Scenario: Five polls at once
      Two servers behind one name look at the code at the same moment.
      Given a device client with a device code that its user approved
      When the client polls 5 times side by side
      Then exactly one of the polls gets tokens

  @must @RFC6749-5.2 @req:device-code-bound-to-client
  Rule: A device code works only for the client that it was issued to

    @id:other-client @catches:redeems-device-codes-of-other-clients
    Scenario Outline: <Thief> polls
      A stolen code must not become a token in other hands.
      Given a device client with a device code that its user approved
      When <thief> polls
      Then the endpoint refuses with "invalid_grant"
      And put right, the request succeeds

      Examples:
        | case         | Thief                        | thief                        |
        | public       | Another device client        | another device client        |
        | confidential | A confidential device client | a confidential device client |

  @must @RFC6749-5.2 @req:device-unknown-code
  Rule: A device code that nobody issued is worth nothing

    @id:unknown-code @catches:answers-unknown-device-code-with-pending
    Scenario: A device code that is made up
      A device that is told to wait for nothing waits for ever.
      Given a device client with a device code
      When the client polls with device_code "flowproof-no-such-device-code-5f2c91e07ab34d68"
      Then the endpoint refuses with "invalid_grant", tolerating "expired_token"
      And put right, the request succeeds

    @id:user-code @catches:accepts-user-code-as-device-code
    Scenario: The user code in the device code's stead
      The user code is short, and stands on a screen; it can be guessed and read.
      Given a device client with a device code that its user approved
      When the client polls with its user code as the device_code
      Then the endpoint refuses with "invalid_grant", tolerating "expired_token"
      And put right, the request succeeds

  @must @RFC8628-3.5 @req:device-malformed-code-no-5xx
  Rule: A device code of any form is refused like a wrong one

    @id:malformed-code
    Scenario Outline: A device code <that is>
      A server that falls over a strange code falls over for everybody.
      Given a device client with a device code
      When the client polls <how>
      Then the endpoint refuses with "invalid_grant" or "expired_token" or "invalid_request"<or>
      And put right, the request succeeds

      @catches:slices-device-codes-blindly
      Examples:
        | case          | that is               | how                            | or |
        | empty         | without a character   | with an empty device_code      |    |

      @catches:slices-device-codes-blindly @catches:answers-unknown-device-code-with-pending
      Examples:
        | case          | that is               | how                            | or |
        | one-letter    | of one letter         | with device_code "x"           |    |
        | three-letters | of three letters      | with device_code "dev"         |    |
        | other-script  | in other scripts      | with device_code "äöü漢字🦀ж"     |    |

      @catches:looks-up-any-device-code @catches:answers-unknown-device-code-with-pending
      Examples:
        | case | that is                 | how                                 | or |
        | long | of ten thousand letters | with a device_code of 10000 letters |    |

      @catches:looks-up-any-device-code @catches:answers-unknown-device-code-with-pending @catches:builds-queries-from-input
      Examples:
        | case | that is          | how                           | or                                                   |
        | nul  | with a NUL in it | with a NUL in its device_code | , tolerating "authorization_pending" or "slow_down" |

      @catches:crashes-on-broken-device-code @catches:crashes-on-broken-encoding-at-token
      Examples:
        | case            | that is              | how                                       | or |
        | broken-encoding | in a broken encoding | with a broken encoding of its device_code |    |

  @must @RFC8628-3.4 @req:device-token-missing-params
  Rule: A poll names the device code and the client

    @id:no-device-code @catches:takes-missing-device-code-for-unknown
    Scenario: A poll without device_code
      A device that hears that its code is dead throws it away; it only forgot to send it.
      Given a device client with a device code
      When the client polls without device_code
      Then the endpoint refuses with "invalid_request"
      And put right, the request succeeds

    @id:no-client-id @catches:answers-polls-of-nobody
    Scenario: A poll without client_id
      The code alone would be enough, for whoever has it.
      Given a device client with a device code that its user approved
      When the client polls without client_id
      Then the endpoint refuses with "invalid_request" or "invalid_client"
      And put right, the request succeeds

  @must @RFC8628-3.4 @req:device-token-client-auth
  Rule: A confidential client proves who it is when it polls

    @id:poll-client-auth @catches:skips-client-auth-at-poll
    Scenario Outline: A confidential client polls <how>
      Its secret is what keeps a stolen code worthless.
      Given a confidential device client with a device code that its user approved
      When the client polls <how>
      Then the endpoint refuses with "invalid_client"
      And put right, the request succeeds

      Examples:
        | case         | how                        |
        | id-alone     | with its client_id alone   |
        | wrong-secret | with a wrong client secret |

  @must @RFC8628-4 @req:device-metadata
  Rule: The metadata tells of the device grant in both places

    @id:metadata @catches:omits-device-grant-from-metadata
    Scenario: Endpoint and grant type
      A client that looks for the grant type does not find what is there.
      When the metadata is fetched
      Then the metadata tells of the device grant in both places or in none
