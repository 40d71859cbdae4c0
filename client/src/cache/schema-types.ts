// Of schema.graphql: `npm run cache-types -w kabar-client`. For caches that cannot know it.

const names = (text: string): string[] => text.split(' ')

/** The types of each interface. */
export const possibleTypes: Record<'Node' | 'RoomEvent' | 'ViewerEvent', string[]> = {
  Node: names('Media Message Room User'),
  RoomEvent: names(
    'Hidden MemberJoined MemberLeft MemberUpdated MessageDeleted MessageEdited MessagePinned MessageSent ' +
      'MessageUnpinned PresenceChanged ReactionsChanged ReceiptAdvanced ResyncRequired RoomDeleted RoomUpdated ' +
      'Synced TypingChanged UserUpdated',
  ),
  ViewerEvent: names(
    'BlocksChanged DataExportEnded FriendRemoved FriendRequestAccepted FriendRequestReceived FriendRequestSent ' +
      'Hidden Mentioned NotificationsChanged PresenceChanged ProfileUpdated ResyncRequired RoomAdded RoomAdvanced ' +
      'RoomInvitationEnded RoomInvitationReceived RoomRemoved SessionEnded SessionStarted Synced UserUpdated',
  ),
}

/** The types without an id: caches keep them in what they belong to. */
export const embeddedTypes: readonly string[] = /* @__PURE__ */ names(
  'AcceptInvitationPayload AddMembersPayload AuditEventConnection AuditEventEdge AuthPayload BanConnection ' +
    'BanEdge BanMemberPayload BlockPayload BlocksChanged CreateInvitePayload CreateRoomPayload CreateUploadPayload ' +
    'DataExportEnded DeclineInvitationPayload DeleteAccountPayload DeleteMessagePayload DeleteMyMessagesPayload ' +
    'DeleteReportedMessagePayload DeleteRoomPayload DeleteUserAccountPayload EditMessagePayload ' +
    'EndUserSessionsPayload FriendRemoved FriendRequestAccepted FriendRequestReceived FriendRequestSent ' +
    'FriendshipConnection FriendshipEdge FriendshipPayload HandOverRoomPayload Hidden HideRoomPayload ' +
    'InviteConnection InviteEdge InvitePreview JoinRoomPayload LeaveRoomPayload MarkDeliveredPayload ' +
    'MarkReadPayload MarkUnreadPayload MemberJoined MemberLeft MemberUpdated MembershipConnection MembershipEdge ' +
    'Mentioned MessageConnection MessageDeleted MessageEdge MessageEdit MessageEdited MessagePinned MessageSent ' +
    'MessageUnpinned MuteMemberPayload NotificationsChanged OpenDirectRoomPayload Operator OperatorFigures ' +
    'OperatorReportConnection OperatorReportEdge OperatorRoomConnection OperatorRoomEdge OperatorUserConnection ' +
    'OperatorUserEdge PageInfo Permission PinMessagePayload PinRoomPayload Presence PresenceChanged ProfileUpdated ' +
    'ReactionGroup ReactionPayload ReactionsChanged Receipt ReceiptAdvanced ReceiptConnection ReceiptEdge ' +
    'RemoveMemberPayload ReportConnection ReportEdge ReportMessagePayload RequestDataExportPayload ' +
    'ResetUserPasswordPayload ResolveAnyReportPayload ResolveReportPayload RestoreUserPayload ResyncRequired ' +
    'RevokeInvitePayload RevokeSessionPayload RoomAdded RoomAdvanced RoomConnection RoomDeleted RoomDigest ' +
    'RoomEdge RoomInvitationConnection RoomInvitationEdge RoomInvitationEnded RoomInvitationReceived ' +
    'RoomPermissions RoomRemoved RoomUpdated RoomVisitConnection RoomVisitEdge RotateSigningKeysPayload ' +
    'SaveMessagePayload SendMessagePayload Server ServerLimits SessionEnded SessionStarted SetMemberRolePayload ' +
    'SetNotificationsPayload SetPresencePayload SetTypingPayload SignOutPayload SuspendUserPayload Synced ' +
    'TransferOwnershipPayload TypingChanged UnbanMemberPayload UnpinRoomPayload UpdateProfilePayload ' +
    'UpdateRoomPayload UserConnection UserEdge UserUpdated Viewer WithdrawInvitationPayload',
)
