Feature: Pages of the device grant
  Between the code on the device and its token stand a few pages, where the user has to know what is asked and nobody else may answer (RFC 8628).

  @must @RFC6749-10.12 @req:device-approval-csrf-protected
  Rule: Only the page that asked can approve a device

    @id:forged-approval @catches:accepts-device-approval-without-csrf-token
    Scenario: Another site sends the form without its secrets
      One visit to a bad page, and the user has let in a device that stands in front of the attacker.
      Given a device client with a device code
      When another site approves the device code in the user's browser, without what it cannot know
      And the client polls
      Then the endpoint refuses with "authorization_pending" or "slow_down"
      And put right, the request succeeds

    @id:borrowed-secret @catches:accepts-any-csrf-token-for-devices
    Scenario: Another site sends the form with the secrets of its own session
      The attacker is a visitor of the server too, and is shown such a form.
      Given a device client with a device code
      When another site approves the device code in the user's browser, with what it was shown in its own
      And the client polls
      Then the endpoint refuses with "authorization_pending" or "slow_down"
      And put right, the request succeeds

  @must @RFC8628-3.2 @req:device-user-code-spent
  Rule: A user code is good for one decision, in its time

    @id:spent @catches:reopens-decided-user-codes
    Scenario Outline: The code is typed once more after the user <decided>
      A code that was read over a shoulder, or left on a screen, would let the next one decide anew.
      Given a device client with a device code that its user <decided>
      And typed as it is shown, a code of its own is accepted
      When the user types the code once more and approves
      Then the code is turned down

      Examples:
        | case     | decided  |
        | approved | approved |
        | denied   | denied   |

    @id:denied-stays-denied @catches:reopens-decided-user-codes @catches:keeps-denied-device-pending
    Scenario: A denied code gets no token by being typed again
      The device of somebody else is still waiting for its next chance.
      Given a device client with a device code that its user denied
      When the user types the code once more and approves
      And the client polls
      Then the endpoint refuses with "access_denied" or "invalid_grant" or "expired_token"
      And put right, the request succeeds

    @id:late @catches:approves-expired-user-codes @own-realm
    Scenario: The code is typed after its time
      A user who approves a device that has given up is told that it is connected, and it is not.
      Given a device client with a device code
      And typed as it is shown, a code of its own is accepted
      When the lifetime of the device code passes
      And the user types the code once more and approves
      Then the code is turned down

  @should @RFC8628-5.1 @req:device-user-code-guessing-limited
  Rule: Nobody can try user codes at will

    @id:guessing @catches:never-limits-user-code-guesses @own-realm
    Scenario: Thirty wrong codes
      User codes are short; what keeps them safe is that few can be tried.
      Given a device client with a device code
      And typed as it is shown, a code of its own is accepted
      When somebody types 30 wrong codes in one browser
      Then the guessing was stopped

  @should @RFC8628-5.4 @req:device-verification-names-client
  Rule: The user is told which client asks, and that it is a device

    @id:names-client @catches:hides-client-from-device-user
    Scenario: The pages up to the decision
      A user who was sent here by a stranger sees only by this that it is not their own device.
      Given a device client with a device code
      When the user types the code and goes on to the question
      Then a page before the decision names the client and speaks of a device
