-- What the other devices of the viewer were not told of.
alter type event_kind add value 'FRIEND_REQUEST_SENT' before 'FRIEND_REQUEST_RECEIVED';
alter type event_kind add value 'NOTIFICATIONS_CHANGED' after 'ROOM_REMOVED';
alter type event_kind add value 'SESSION_STARTED' before 'SESSION_ENDED';
