Feature: Codes of the device grant
  A device gets two codes: a long one that it keeps, and a short one that people read, type, and must not guess (RFC 8628).

  @should @RFC8628-5.2 @req:device-codes-unique-and-strong
  Rule: No device code can be guessed, not even by who reads the user code

    @id:device-codes @catches:derives-device-code-from-user-code
    Scenario: Twenty devices
      Whoever guesses the device code gets the token that the user approved for another.
      Given a device client
      When the client asks for 20 device codes
      Then no two codes are the same, and no device code can be guessed

  @should @RFC8628-5.1 @req:device-user-code-entropy
  Rule: There are too many user codes to try them

    @id:user-codes @catches:issues-four-digit-user-codes
    Scenario: Fifty devices
      An attacker who types codes at random must not come upon a device that waits.
      Given a device client
      When the client asks for 50 device codes
      Then there are too many user codes to try them all

  @should @RFC8628-6.1 @req:device-user-code-alphabet
  Rule: User codes are of characters that cannot be taken for one another

    @id:alphabet @catches:issues-confusable-user-codes
    Scenario: The characters of fifty user codes
      People read the code from a screen across the room, and type it on a telephone.
      Given a device client
      When the client asks for 50 device codes
      Then no two characters of the user codes look alike

  @should @RFC8628-3.3 @req:device-verification-uri-without-code
  Rule: The address that the device shows does not hold the code

    @id:plain-address @catches:puts-user-code-into-verification-uri
    Scenario: verification_uri
      Whoever types an address that holds the code never compares it with the device.
      Given a device client
      When the client asks for a device code
      Then the address for the user is complete without the code, and does not hold it
