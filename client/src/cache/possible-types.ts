/** The types of each interface, for caches that cannot know them. A test compares them with schema.graphql. */
export const possibleTypes: Record<'Node' | 'RoomEvent' | 'ViewerEvent', string[]> = {
  Node: ['Media', 'Message', 'Room', 'User'],
  RoomEvent: [
    ...['Hidden', 'MemberJoined', 'MemberLeft', 'MemberUpdated', 'MessageDeleted', 'MessageEdited', 'MessagePinned'],
    ...['MessageSent', 'MessageUnpinned', 'PresenceChanged', 'ReactionsChanged', 'ReceiptAdvanced', 'ResyncRequired'],
    ...['RoomDeleted', 'RoomUpdated', 'Synced', 'TypingChanged', 'UserUpdated'],
  ],
  ViewerEvent: [
    ...['BlocksChanged', 'DataExportEnded', 'FriendRemoved', 'FriendRequestAccepted', 'FriendRequestReceived'],
    ...['FriendRequestSent', 'Hidden', 'Mentioned', 'NotificationsChanged', 'PresenceChanged', 'ProfileUpdated'],
    ...['ResyncRequired', 'RoomAdded', 'RoomAdvanced', 'RoomInvitationEnded', 'RoomInvitationReceived', 'RoomRemoved'],
    ...['SessionEnded', 'SessionStarted', 'Synced', 'UserUpdated'],
  ],
}
