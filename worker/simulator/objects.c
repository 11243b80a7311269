/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of the simulated org, as tables. The subset of Salesforce's own fields that people map; External_Id__c and
 * Source_Version__c stand in every object. */
#include "worker/simulator/schema.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define TEXT(name, max)                                                                                                \
    {                                                                                                                  \
        name, FIELD_STRING, F_OPTIONAL, .length = (max)                                                                \
    }
#define KIND(name, kind, max)                                                                                          \
    {                                                                                                                  \
        name, kind, F_OPTIONAL, .length = (max)                                                                        \
    }
#define LIST(name, all)                                                                                                \
    {                                                                                                                  \
        name, FIELD_PICKLIST, F_OPTIONAL, .length = 255, .values = (all)                                               \
    }
#define NUMBER(name, kind, digits, places)                                                                             \
    {                                                                                                                  \
        name, kind, F_OPTIONAL, .precision = (digits), .scale = (places)                                               \
    }
#define PLAIN(name, kind, flags)                                                                                       \
    {                                                                                                                  \
        name, kind, flags, .length = 0                                                                                 \
    }
#define FLAG(name) PLAIN(name, FIELD_BOOLEAN, F_WRITE | F_DEFAULTED)
#define PARENT(name, objects, through)                                                                                 \
    {                                                                                                                  \
        name, FIELD_REFERENCE, F_OPTIONAL, .length = 18, .refers_to = (objects), .relation = (through)                 \
    }
#define ADDRESS(start)                                                                                                 \
    {start "Street", FIELD_TEXTAREA, F_OPTIONAL, .length = 255, .compound = start "Address"},                          \
        {start "City", FIELD_STRING, F_OPTIONAL, .length = 40, .compound = start "Address"},                           \
        {start "State", FIELD_STRING, F_OPTIONAL, .length = 80, .compound = start "Address"},                          \
        {start "PostalCode", FIELD_STRING, F_OPTIONAL, .length = 20, .compound = start "Address"},                     \
        {start "Country", FIELD_STRING, F_OPTIONAL, .length = 80, .compound = start "Address"},                        \
    {                                                                                                                  \
        start "Address", FIELD_ADDRESS, F_NILLABLE, .length = 0                                                        \
    }

#define SOURCES "Web;Phone Inquiry;Partner Referral;Purchased List;Warehouse;Other"

const struct field common_fields[] = {
    {"Id", FIELD_ID, F_DEFAULTED | F_ID_LOOKUP, .length = 18},
    PLAIN("IsDeleted", FIELD_BOOLEAN, F_DEFAULTED),
    PLAIN("CreatedDate", FIELD_DATETIME, F_DEFAULTED),
    {"CreatedById", FIELD_REFERENCE, F_DEFAULTED, .length = 18, .refers_to = "User", .relation = "CreatedBy"},
    PLAIN("LastModifiedDate", FIELD_DATETIME, F_DEFAULTED),
    {"LastModifiedById", FIELD_REFERENCE, F_DEFAULTED, .length = 18, .refers_to = "User", .relation = "LastModifiedBy"},
    PLAIN("SystemModstamp", FIELD_DATETIME, F_DEFAULTED),
    {"External_Id__c", FIELD_STRING, F_OPTIONAL | F_CUSTOM | F_UNIQUE | F_EXTERNAL_ID | F_ID_LOOKUP, .length = 255},
    {"Source_Version__c", FIELD_DOUBLE, F_OPTIONAL | F_CUSTOM, .precision = 18, .scale = 0},
};
const size_t common_field_count = COUNT(common_fields);

const struct field owner_field = {"OwnerId",    FIELD_REFERENCE,     F_WRITE | F_DEFAULTED,
                                  .length = 18, .refers_to = "User", .relation = "Owner"};

static const struct field contact[] = {
    {"LastName", FIELD_STRING, F_WRITE, .length = 80, .compound = "Name"},
    {"FirstName", FIELD_STRING, F_OPTIONAL, .length = 40, .compound = "Name"},
    LIST("Salutation", "Mr.;Ms.;Mrs.;Dr.;Prof."),
    {"Name", FIELD_STRING, F_NAME, .length = 121},
    PARENT("AccountId", "Account", "Account"),
    PARENT("ReportsToId", "Contact", "ReportsTo"),
    {"Email", FIELD_EMAIL, F_OPTIONAL | F_ID_LOOKUP, .length = 80},
    KIND("Phone", FIELD_PHONE, 40),
    KIND("MobilePhone", FIELD_PHONE, 40),
    TEXT("Title", 128),
    TEXT("Department", 80),
    PLAIN("Birthdate", FIELD_DATE, F_OPTIONAL),
    LIST("LeadSource", SOURCES),
    KIND("Description", FIELD_TEXTAREA, 32000),
    FLAG("HasOptedOutOfEmail"),
    FLAG("DoNotCall"),
    FLAG("In_VIP__c"),
    TEXT("Level__c", 40),
    {"Interests__c", FIELD_MULTIPICKLIST, F_OPTIONAL | F_CUSTOM | F_RESTRICTED, .length = 4099,
     .values = "Art;Music;Sport;Travel"},
    PLAIN("Last_Seen__c", FIELD_DATETIME, F_OPTIONAL | F_CUSTOM),
    PLAIN("Call_At__c", FIELD_TIME, F_OPTIONAL | F_CUSTOM),
    {"Score__c", FIELD_DOUBLE, F_OPTIONAL | F_CUSTOM, .precision = 10, .scale = 2},
    ADDRESS("Mailing"),
};

static const struct field lead[] = {
    {"LastName", FIELD_STRING, F_WRITE, .length = 80, .compound = "Name"},
    {"FirstName", FIELD_STRING, F_OPTIONAL, .length = 40, .compound = "Name"},
    {"Name", FIELD_STRING, F_NAME, .length = 121},
    {"Company", FIELD_STRING, F_WRITE, .length = 255},
    {"Email", FIELD_EMAIL, F_OPTIONAL | F_ID_LOOKUP, .length = 80},
    KIND("Phone", FIELD_PHONE, 40),
    TEXT("Title", 128),
    KIND("Website", FIELD_URL, 255),
    LIST("LeadSource", SOURCES),
    {"Status", FIELD_PICKLIST, F_WRITE | F_DEFAULTED, .length = 255, .values = "Open;Working;Closed"},
    LIST("Rating", "Hot;Warm;Cold"),
    LIST("Industry", "Banking;Education;Energy;Technology;Other"),
    NUMBER("AnnualRevenue", FIELD_CURRENCY, 18, 0),
    NUMBER("NumberOfEmployees", FIELD_INT, 8, 0),
    KIND("Description", FIELD_TEXTAREA, 32000),
    FLAG("HasOptedOutOfEmail"),
    FLAG("In_VIP__c"),
    PLAIN("IsConverted", FIELD_BOOLEAN, F_DEFAULTED),
    {"Street", FIELD_TEXTAREA, F_OPTIONAL, .length = 255, .compound = "Address"},
    {"City", FIELD_STRING, F_OPTIONAL, .length = 40, .compound = "Address"},
    {"State", FIELD_STRING, F_OPTIONAL, .length = 80, .compound = "Address"},
    {"PostalCode", FIELD_STRING, F_OPTIONAL, .length = 20, .compound = "Address"},
    {"Country", FIELD_STRING, F_OPTIONAL, .length = 80, .compound = "Address"},
    PLAIN("Address", FIELD_ADDRESS, F_NILLABLE),
};

static const struct field account[] = {
    {"Name", FIELD_STRING, F_WRITE | F_NAME, .length = 255},
    PARENT("ParentId", "Account", "Parent"),
    LIST("Type", "Prospect;Customer;Partner;Other"),
    LIST("Industry", "Banking;Education;Energy;Technology;Other"),
    TEXT("AccountNumber", 40),
    KIND("Phone", FIELD_PHONE, 40),
    KIND("Website", FIELD_URL, 255),
    NUMBER("NumberOfEmployees", FIELD_INT, 8, 0),
    NUMBER("AnnualRevenue", FIELD_CURRENCY, 18, 0),
    KIND("Description", FIELD_TEXTAREA, 32000),
    ADDRESS("Billing"),
    ADDRESS("Shipping"),
};

static const struct field opportunity[] = {
    {"Name", FIELD_STRING, F_WRITE | F_NAME, .length = 120},
    {"StageName", FIELD_PICKLIST, F_WRITE, .length = 255,
     .values = "Prospecting;Qualification;Proposal;Closed Won;Closed Lost"},
    PLAIN("CloseDate", FIELD_DATE, F_WRITE),
    PARENT("AccountId", "Account", "Account"),
    PARENT("CampaignId", "Campaign", "Campaign"),
    NUMBER("Amount", FIELD_CURRENCY, 18, 2),
    NUMBER("Probability", FIELD_PERCENT, 3, 0),
    LIST("Type", "New Business;Existing Business"),
    TEXT("NextStep", 255),
    LIST("LeadSource", SOURCES),
    KIND("Description", FIELD_TEXTAREA, 32000),
    {"ExpectedRevenue", FIELD_CURRENCY, F_NILLABLE | F_CALCULATED, .precision = 18, .scale = 2},
};

static const struct field user[] = {
    {"Username", FIELD_STRING, F_WRITE | F_UNIQUE | F_ID_LOOKUP, .length = 80},
    {"LastName", FIELD_STRING, F_WRITE, .length = 80},
    {"FirstName", FIELD_STRING, F_OPTIONAL, .length = 40},
    {"Name", FIELD_STRING, F_NAME, .length = 121},
    {"Email", FIELD_EMAIL, F_WRITE, .length = 128},
    FLAG("IsActive"),
};

static const struct field campaign[] = {
    {"Name", FIELD_STRING, F_WRITE | F_NAME, .length = 80},
    FLAG("IsActive"),
    LIST("Status", "Planned;In Progress;Completed;Aborted"),
    LIST("Type", "Email;Event;Other"),
    PLAIN("StartDate", FIELD_DATE, F_OPTIONAL),
    PLAIN("EndDate", FIELD_DATE, F_OPTIONAL),
};

static const struct field campaign_member[] = {
    {"CampaignId", FIELD_REFERENCE, F_CREATE, .length = 18, .refers_to = "Campaign", .relation = "Campaign"},
    {"ContactId", FIELD_REFERENCE, F_CREATE | F_NILLABLE, .length = 18, .refers_to = "Contact", .relation = "Contact"},
    {"LeadId", FIELD_REFERENCE, F_CREATE | F_NILLABLE, .length = 18, .refers_to = "Lead", .relation = "Lead"},
    LIST("Status", "Sent;Responded"),
    PLAIN("HasResponded", FIELD_BOOLEAN, F_DEFAULTED | F_CALCULATED),
    {"Name", FIELD_STRING, F_NILLABLE | F_NAME | F_CALCULATED, .length = 121},
    TEXT("Note__c", 255),
    {"Member_Key__c", FIELD_STRING, F_NILLABLE | F_UNIQUE | F_CASE_SENSITIVE | F_HIDDEN,
     .length = 37}, /* campaign:person */
};

static const struct field invoice[] = {
    {"Name", FIELD_STRING, F_DEFAULTED | F_NAME | F_AUTO_NUMBER | F_ID_LOOKUP, .length = 80},
    NUMBER("Amount__c", FIELD_CURRENCY, 18, 2),
    {"Status__c", FIELD_PICKLIST, F_OPTIONAL | F_RESTRICTED, .length = 255, .values = "Draft;Sent;Paid"},
    PLAIN("Due_Date__c", FIELD_DATE, F_OPTIONAL),
    PARENT("Account__c", "Account", "Account__r"),
    {"Number__c", FIELD_STRING, F_OPTIONAL | F_UNIQUE, .length = 40},
    PLAIN("Overdue__c", FIELD_BOOLEAN, F_DEFAULTED | F_CALCULATED),
};

static const struct field my_object[] = {
    {"Name", FIELD_STRING, F_OPTIONAL | F_NAME | F_ID_LOOKUP, .length = 80},
    TEXT("Text__c", 255),
    NUMBER("Number__c", FIELD_DOUBLE, 18, 2),
    FLAG("Flag__c"),
    PLAIN("Date__c", FIELD_DATE, F_OPTIONAL),
    PARENT("Contact__c", "Contact", "Contact__r"),
};

const struct object_row object_rows[] = {
    {"Account", "Account", "Accounts", "001", false, true, account, COUNT(account)},
    {"Contact", "Contact", "Contacts", "003", false, true, contact, COUNT(contact)},
    {"User", "User", "People", "005", false, false, user, COUNT(user)},
    {"Opportunity", "Opportunity", "Opportunities", "006", false, true, opportunity, COUNT(opportunity)},
    {"CampaignMember", "Campaign Member", "Campaign Members", "00v", false, false, campaign_member,
     COUNT(campaign_member)},
    {"Lead", "Lead", "Leads", "00Q", false, true, lead, COUNT(lead)},
    {"Campaign", "Campaign", "Campaigns", "701", false, true, campaign, COUNT(campaign)},
    {"Invoice__c", "Invoice", "Invoices", "a00", false, true, invoice, COUNT(invoice)},
    {"My_Object__c", "My Object", "My Objects", "a01", false, true, my_object, COUNT(my_object)},
};
const size_t object_row_count = COUNT(object_rows);
