/* The protocol of the safe write (lua/lanyard/access/write), for Spin. tests/torture/model_spec.lua runs it.
 *
 * A policy is a set of statements, one bit per writer. Each writer adds its own bit by the rounds of
 * lanyard.access.write.round: read, edit, journal, check the window, write, read back; and, as --settle does, it
 * repeats the round once after twice the bound. A write that was sent arrives later, also when its writer was killed.
 *
 * Time passes in ticks. Assumptions: a request arrives in less than BOUND; a process is not suspended between the
 * check of the window and the write; ECR answers reads from the current text.
 *
 * Property: a writer that reported success finds its statement in the policy after all writers have ended.
 *
 *   NO_WINDOW    the time between read and write has no bound
 *   NO_SETTLE    the policy is not read once more after twice the bound
 *   ONE_MACHINE  the writers share a lock, which a killed writer releases
 *   NO_KILL      no writer is killed
 *   FOREIGN      another tool replaces the policy by a text that it read at any time before
 *   DETECTION    the property is: where the statement of a writer that reported "granted" is missing, a command that
 *                compares the journal with the policy reports it
 *
 * Variables that no longer matter are set to 0, so that Spin finds fewer states. */

#define WRITERS 3
#define BOUND 2
#define SETTLE_TIME (2 * BOUND)
#define FOREIGN_BIT (1 << WRITERS)

byte policy;

/* A write on its way: for each writer, what it writes and how many ticks ago it was sent. */
bool in_flight[WRITERS];
byte flight_text[WRITERS];
byte flight_age[WRITERS];

/* Ticks since each writer sent its read, from 1, and 0 outside the time from read to write. */
byte read_age[WRITERS];

/* Ticks that each writer still waits before it settles. */
byte pause[WRITERS];

bool succeeded[WRITERS]; /* reported success */
bool granted[WRITERS];   /* reported that it wrote its statement */
bool recorded[WRITERS];  /* its journal has a finished entry with its statement */

byte ended;
bool locked;

#ifdef ONE_MACHINE
#define LOCK atomic { !locked -> locked = true }
#define UNLOCK locked = false
#else
#define LOCK skip
#define UNLOCK skip
#endif

#ifdef NO_WINDOW
#define IN_WINDOW true
#else
#define IN_WINDOW (read_age[me] <= BOUND + 1)
#endif

#define BIT (1 << me)

/* A kill while a request is on its way; at other times it is as if the writer had not begun, or had ended. */
#ifdef NO_KILL
#define MAY_BE_KILLED skip
#else
#define MAY_BE_KILLED if :: goto killed :: skip fi
#endif

proctype Writer(byte me)
{
  byte text;
  bool written, attempted, settled;

round:
  LOCK;
  read_age[me] = 1; /* the read is sent */
  text = policy;    /* ECR answers it */
  if
  :: text & BIT -> atomic { read_age[me] = 0; text = 0; goto in_place }
  :: else
  fi;
  atomic {
    if
    :: IN_WINDOW -> in_flight[me] = true; flight_text[me] = text | BIT; settled = false; attempted = true
    :: else -> read_age[me] = 0; text = 0; UNLOCK; goto round
    fi;
    read_age[me] = 0;
    text = 0
  }
  MAY_BE_KILLED;
  !in_flight[me];
  atomic {
    if
    :: policy & BIT -> recorded[me] = true; written = true; attempted = true
    :: else -> UNLOCK; goto round /* another writer replaced it */
    fi
  }

in_place:
  UNLOCK;
#ifndef NO_SETTLE
  atomic {
    if
    :: attempted && !settled -> settled = true; pause[me] = SETTLE_TIME
    :: else -> goto successful
    fi
  }
  atomic { pause[me] == 0 -> goto round }
successful:
#endif
  atomic { succeeded[me] = true; granted[me] = written; ended++; goto finished }

killed:
  atomic { UNLOCK; ended++ }
finished:
  atomic { written = false; attempted = false; settled = false }
}

inline receive(i)
{
  policy = flight_text[i];
  in_flight[i] = false;
  flight_text[i] = 0;
  flight_age[i] = 0
}

/* ECR receives the writes in any order. */
active proctype Network()
{
  byte i;
end:
  do
  :: atomic { in_flight[0] -> receive(0) }
  :: atomic { in_flight[1] -> receive(1) }
  :: atomic { in_flight[2] -> receive(2) }
  od
}

inline age(i)
{
  if
  :: in_flight[i] -> flight_age[i]++
  :: else
  fi;
  if
  :: read_age[i] > 0 && read_age[i] <= BOUND + 1 -> read_age[i]++
  :: else
  fi;
  if
  :: pause[i] > 0 -> pause[i]--
  :: else
  fi
}

#define CAN_AGE(i) (!in_flight[i] || flight_age[i] < BOUND - 1)

active proctype Clock()
{
end:
  do
  :: atomic { (CAN_AGE(0) && CAN_AGE(1) && CAN_AGE(2)) -> age(0); age(1); age(2) }
  od
}

#ifdef FOREIGN
bool foreign_ended;

active proctype Foreign()
{
  byte text = policy;
  policy = text | FOREIGN_BIT;
  foreign_ended = true
}
#else
#define foreign_ended true
#endif

#define NOTHING_IN_FLIGHT (!in_flight[0] && !in_flight[1] && !in_flight[2])

init
{
  byte i;
  atomic {
    for (i : 0 .. WRITERS - 1) {
      run Writer(i)
    }
  }
  atomic {
    ended == WRITERS && NOTHING_IN_FLIGHT && foreign_ended;
    for (i : 0 .. WRITERS - 1) {
      bool is_missing = !(policy & (1 << i));
#ifdef DETECTION
      bool is_reported = recorded[i] && is_missing;
      assert(!(granted[i] && is_missing) || is_reported)
#else
      assert(!succeeded[i] || !is_missing)
#endif
    }
  }
}
