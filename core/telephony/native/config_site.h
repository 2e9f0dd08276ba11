/*
 * Compile-time settings of pjproject for the media process. Every limit here is fixed at build time;
 * the run-time ones (pjsua_config.max_calls, pjsua_media_config.max_media_ports) still default to 4 and 254
 * and must be raised by the program.
 */

/* One process holds 2048 bridged calls. The memory is paid by the run-time max_calls, not by these. */
#define PJSUA_MAX_CALLS             4096
#define PJSUA_MAX_ACC               256
#define PJSUA_MAX_PLAYERS           8192
#define PJSUA_MAX_RECORDERS         4096
/* One port for each call, player and recorder. */
#define PJSUA_MAX_CONF_PORTS        16384

/* A call takes two sockets (RTP, RTCP); needs epoll, select() ends at 1024. The process needs as many file handles. */
#define PJ_IOQUEUE_MAX_HANDLES      16384
/* SIP connections have an ioqueue of their own, and both preallocate their keys. */
#define PJSIP_MAX_TRANSPORTS        4096

/* Hash sizes are 2^n - 1 (sip_config.h). A finished INVITE lives 32 s more: 32767 allows 1000 transactions a second.
 * The SIP timer heap follows: 2 * (transactions + dialogs). */
#define PJSIP_MAX_TSX_COUNT         (32 * 1024 - 1)
#define PJSIP_MAX_DIALOG_COUNT      (8 * 1024 - 1)

/* An offer of a browser with ICE candidates is longer than the default 4000 bytes. */
#define PJSIP_MAX_PKT_LEN           16000

/* Media lines of one SDP. pjsua keeps two arrays of this length in each call slot; the default 16 doubles the memory. */
#define PJMEDIA_MAX_SDP_MEDIA       8
#define PJMEDIA_HAS_VIDEO           0
/* Browsers offer DTLS-SRTP only (RFC 8827). */
#define PJMEDIA_SRTP_HAS_DTLS       1

/* Level 5 prints SRTP keys: leave it out of the program. */
#define PJ_LOG_MAX_LEVEL            4

/* The conference bridge stays the serial one (PJMEDIA_CONF_THREADS 1): a call costs 0.1 % of a core there, so a second
 * media process comes long before a second mixing thread pays. */

/* Ends of sound files that wait to be told: with the default of 16 they are lost when many prompts end together. */
#define PJMEDIA_EVENT_MAX_EVENTS    4096

/* PJ_IOQUEUE_DEFAULT_EPOLL_FLAGS stays EPOLLEXCLUSIVE, for the sockets of SIP. PJ_IOQUEUE_EPOLL_ONESHOT loses
 * registrations: of one call in twenty a socket was never read again, so nobody heard anything (tests/e2e/test_many.py).
 * Sockets of RTP have a way of their own: patches/rtp-one-poller.patch. */

/* Packets that are read for one epoll_wait; a mixer sends all its packets at once. */
#define PJ_IOQUEUE_MAX_EVENTS_IN_SINGLE_POLL 64
