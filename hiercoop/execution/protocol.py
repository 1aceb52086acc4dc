"""The version of the dialogue between the services; raised whenever an old peer could misread a new one."""

PROTOCOL_VERSION = 1
